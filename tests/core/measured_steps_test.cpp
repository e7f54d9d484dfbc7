// Whole steps of small models with other widths, heads, windows, experts and settings than any of the other cases, as reports give them.
#include "session.hpp"

using namespace plimsoll;
using namespace plimsoll::test;

TEST_CASE("every moment of measured steps of random small models is met to the byte", "[training][walk]") {
  const Cases cases("measured_steps");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const JsonView step = cases.at(i);
    INFO(text(step["name"]));
    const JsonDocument outcome = json(session().report(text(step["request"])));
    const JsonView moments = outcome.root()["value"]["training"]["moments"];
    REQUIRE(moments.size() == 7);
    for (std::size_t j = 0; j < moments.size(); ++j) {
      const std::string id = text(moments.at(j)["id"]);
      INFO(id);
      CHECK(whole(moments.at(j)["allocated_bytes"]) == whole(step["moments"][id.substr(std::string_view("moment.").size())]));
    }
  }
}
