#include "sim/stacks/rust_names.h"

#include <gtest/gtest.h>

#include "sim/stacks/frame.h"

namespace heddle::sim {
namespace {

TEST(RustNamesTest, HashesAndEscapesGo) {
  EXPECT_EQ(WithRustNames("queue::Counter::add::h0a9ac9fba4d00edd"), "queue::Counter::add");
  EXPECT_EQ(WithRustNames("queue::main::_$u7b$$u7b$closure$u7d$$u7d$::h6146778a9c06a033"),
            "queue::main::{{closure}}");
  EXPECT_EQ(WithRustNames("_$LT$alloc..sync..Arc$LT$T$GT$$u20$as$u20$core..ops..drop..Drop$GT$"
                          "::drop::h44285756f0a0e61b"),
            "<alloc::sync::Arc<T> as core::ops::drop::Drop>::drop");
}

TEST(RustNamesTest, InALineOfAReport) {
  EXPECT_EQ(
      WithRustNames("    #0 queue::Counter::add::h0a9ac9fba4d00edd /a/src/main.rs:10:18 (q+0x1)"),
      "    #0 queue::Counter::add /a/src/main.rs:10:18 (q+0x1)");
}

TEST(RustNamesTest, WhatIsNoSuchNameStays) {
  for (const char* text :
       {"", "a::B::C(long) const", "a::h0a9ac9fba4d00ed", "a::h0a9ac9fba4d00edd0", "::h",
        "a::hello", "$LT$", "a::h0A9AC9FBA4D00EDD"}) {
    EXPECT_EQ(WithRustNames(text), text);
  }
  // An escape that there is not.
  EXPECT_EQ(WithRustNames("a$XX$::h0a9ac9fba4d00edd"), "a$XX$");
}

TEST(RustNamesTest, ShortNamesOfMethods) {
  EXPECT_EQ(ShortFunction("<alloc::sync::Arc<T> as core::ops::drop::Drop>::drop"),
            "alloc::sync::Arc::drop");
  EXPECT_EQ(ShortFunction("queue::main::{{closure}}"), "queue::main::{{closure}}");
  EXPECT_EQ(ShortFunction("std::alloc::<impl GlobalAlloc for std::alloc::System>::dealloc"),
            "std::alloc::dealloc");
  EXPECT_EQ(ShortFunction("<queue::Loop>::post"), "queue::Loop::post");
}

}  // namespace
}  // namespace heddle::sim
