#include "sim/runtime/testing/litmus/program.h"

namespace heddle::sim::litmus {
namespace {

const char* OrderName(int order) {
  switch (order) {
    case kRelaxed:
      return "rlx";
    case kAcquire:
      return "acq";
    case kRelease:
      return "rel";
    case kAcqRel:
      return "ar";
    default:
      return "sc";
  }
}

std::string Describe(const Op& op) {
  const std::string location(1, "xyz"[op.location]);
  const std::string value = std::to_string(op.value);
  switch (op.kind) {
    case Kind::kLoad:
      return "R(" + location + ")";
    case Kind::kStore:
      return "W(" + location + "," + value + ")";
    case Kind::kExchange:
      return "X(" + location + "," + value + ")";
    case Kind::kCompareExchange:
      return "C(" + location + "," + std::to_string(op.expected) + ">" + value + ")";
    case Kind::kFence:
      return "F";
  }
  return "";
}

}  // namespace

std::string Describe(const Program& program) {
  std::string text;
  for (const std::vector<Op>& thread : program) {
    if (!text.empty()) text += "| ";
    for (const Op& op : thread) text += Describe(op) + OrderName(op.order) + " ";
  }
  return text;
}

std::string Describe(const Outcome& outcome) {
  std::string text;
  for (const int value : outcome) text += (text.empty() ? "" : " ") + std::to_string(value);
  return text;
}

}  // namespace heddle::sim::litmus
