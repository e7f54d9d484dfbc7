#include "nearest.hpp"

#include <string>

#include "catch.hpp"

using namespace plimsoll;

TEST_CASE("edit distance counts insertions, deletions and replacements", "[nearest]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("llama", "llama") == 0);
  CHECK(edit_distance("lama", "llama") == 1);
  CHECK(edit_distance("llama", "lama") == 1);
  CHECK(edit_distance("mixtral", "mistral") == 1);
  CHECK(edit_distance("", "qwen3") == 5);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("of equally near words the first is taken, and an exact one wins", "[nearest]") {
  Nearest nearest("qwen2");
  nearest.offer("qwen3");
  nearest.offer("qwen1");
  CHECK(nearest.best() == "qwen3");
  nearest.offer("qwen2");
  CHECK(nearest.best() == "qwen2");
}

TEST_CASE("a part of a name finds the name", "[nearest]") {
  Nearest nearest("rtx-4090");
  for (const char* name : {"amd/rx-9070", "nvidia/rtx-4080", "nvidia/rtx-4090", "nvidia/rtx-4090-laptop"}) nearest.offer(name);
  CHECK(nearest.best() == "nvidia/rtx-4090");
}

TEST_CASE("a word of any length is compared in bounded time", "[nearest]") {
  const std::string endless(10'000'000, 'x');
  CHECK(edit_distance(endless, "llama") == 64);
  CHECK(Nearest(endless).best().empty());
}
