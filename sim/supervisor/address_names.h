// Names for the code addresses of a program: functions, source lines.
#ifndef HEDDLE_SIM_SUPERVISOR_ADDRESS_NAMES_H_
#define HEDDLE_SIM_SUPERVISOR_ADDRESS_NAMES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/stacks/dedup_key.h"
#include "sim/stacks/frame.h"
#include "sim/stacks/symbolizer.h"
#include "sim/supervisor/control_view.h"
#include "sim/supervisor/outcome.h"

namespace heddle::sim {

// Thread rule: one caller at a time (the answers are kept).
class AddressNames {
 public:
  void SetModules(std::vector<LoadedModule> modules) { modules_ = std::move(modules); }
  const std::vector<LoadedModule>& modules() const { return modules_; }  // the program is the first

  // See Supervisor.
  std::vector<Frame> FramesAt(uint64_t address) const;
  std::string Describe(const Outcome& outcome) const;
  std::vector<Stack> StacksOf(const Outcome& outcome) const;
  std::string DedupKeyOf(const Outcome& outcome) const;
  // The variable with static storage there; "" when there is none, or no symbol.
  std::string VariableAt(uint64_t address) const;
  // A sanitizer's report that was written with symbolize=0, with names; other text as it is.
  std::string WithNames(const std::string& text) const;
  // Of a stack's frames, from the innermost on: the first that is the program's own, and its line.
  std::string InnermostOwn(const std::vector<uint64_t>& stack) const;

 private:
  const LoadedModule* ModuleAt(uint64_t address) const;
  std::vector<ThreadFrames> OwnStacks(const Outcome& outcome) const;
  // "MODULE+0x12" of an address that has no name.
  std::string WithoutName(uint64_t address) const;
  // The innermost own function there and its line, or what else there is to say.
  std::string PlaceOf(const std::vector<uint64_t>& stack) const;
  // The innermost frame that is not Heddle's own.
  Frame InnermostNamed(const ThreadStack& stack) const;

  std::vector<LoadedModule> modules_;
  mutable Symbolizer symbolizer_;  // a cache, and the process that fills it
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SUPERVISOR_ADDRESS_NAMES_H_
