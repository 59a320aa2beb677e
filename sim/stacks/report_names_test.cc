#include "sim/stacks/report_names.h"

#include <gtest/gtest.h>

namespace heddle::sim {
namespace {

// Nothing is known of these modules: the text stays as it is, but for the frames' numbers.
TEST(WithNames, LeavesWhatItDoesNotKnow) {
  const std::string text =
      "WARNING: ThreadSanitizer: data race (pid=1)\n"
      "    #0 <null> <null> (program+0x12)\n"
      "    #1 <null> <null> (program+0x13)\n"
      "\n"
      "  Location is global '<null>' at 0x55 (program+0x14)\n"
      "SUMMARY: ThreadSanitizer: data race (program+0x12)\n";
  Symbolizer symbolizer;
  EXPECT_EQ(WithNames(text, {}, &symbolizer), text);
  EXPECT_EQ(WithNames(text, {"/no/such/program"}, &symbolizer), text);
  EXPECT_EQ(WithNames("    #7 x (m+0x1)", {}, &symbolizer), "    #0 x (m+0x1)");
  EXPECT_EQ(WithNames("", {}, &symbolizer), "");
}

}  // namespace
}  // namespace heddle::sim
