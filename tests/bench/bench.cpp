// Times one question asked again and again: prints the median microseconds of a call.
// usage: plimsoll-bench report|totals|rank_devices REQUEST

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "plimsoll.hpp"

namespace {

using plimsoll::Session;
using Question = std::string (Session::*)(std::string_view);

/// Of the processor, not of the wall, so that a busy machine measures the same.
double microseconds_since(std::clock_t start) { return 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC; }

/// Median over batches, each long enough for the clock, after a warm-up.
double measure(Session& session, Question question, const std::string& request) {
  constexpr int batches = 15;
  constexpr double batch_microseconds = 50'000;
  std::vector<double> per_call;
  std::size_t answered = 0;
  for (int batch = -3; batch < batches; ++batch) {
    const auto start = std::clock();
    int calls = 0;
    do {
      answered += (session.*question)(request).size();
      ++calls;
    } while (microseconds_since(start) < batch_microseconds);
    if (batch >= 0) per_call.push_back(microseconds_since(start) / calls);
  }
  std::nth_element(per_call.begin(), per_call.begin() + batches / 2, per_call.end());
  return answered > 0 ? per_call[batches / 2] : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, Question> questions = {
      {"report", &Session::report}, {"totals", &Session::totals}, {"rank_devices", &Session::rank_devices}};
  const auto question = argc == 3 ? questions.find(argv[1]) : questions.end();
  if (question == questions.end()) {
    std::fputs("usage: plimsoll-bench report|totals|rank_devices REQUEST\n", stderr);
    return 2;
  }
  std::ifstream file(PLIMSOLL_CATALOG, std::ios::binary);
  const std::string catalog{std::istreambuf_iterator<char>(file), {}};
  Session session;
  session.load_catalog(catalog);
  const std::string request = argv[2];
  if ((session.*question->second)(request).find("\"ok\":true") == std::string::npos) {
    std::fputs((session.*question->second)(request).c_str(), stderr);
    return 1;
  }
  std::printf("%.3f\n", measure(session, question->second, request));
  return 0;
}
