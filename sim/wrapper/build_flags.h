// The flags of an instrumented build, as sim/cmake/HeddleInstrument.cmake has them, and the files
// of the runtime that they name.
#ifndef HEDDLE_SIM_WRAPPER_BUILD_FLAGS_H_
#define HEDDLE_SIM_WRAPPER_BUILD_FLAGS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::wrapper {

// kNative: nothing is added, for builds that are made by the same command.
enum class Flavour { kNative, kDet, kTsan, kAsan };
std::optional<Flavour> FlavourFromName(std::string_view name);
const char* Name(Flavour flavour);

// What compiles a source. `folder` has the runtime's files (RuntimeFolder()).
std::vector<std::string> CompileFlags(Flavour flavour, const std::string& folder);

// What links an executable, behind all of its own arguments: the runtime, for this C or C++ driver.
std::vector<std::string> ExecutableFlags(Flavour flavour, const std::string& folder);
// What links a shared library: its calls lead to the runtime of the executable that loads it.
// `wrap`: those of memcpy and its like too, which then loads into nothing else.
std::vector<std::string> SharedLibraryFlags(Flavour flavour, const std::string& folder, bool wrap);

// The flavour's static library in `folder`.
std::string RuntimeLibrary(Flavour flavour, const std::string& folder);

// Where the runtime's files are, for an executable of Heddle's in `executable_folder`: in a build
// `heddle-link`, installed `../lib/heddle`. "" when there is none.
std::string RuntimeFolder(const std::string& executable_folder);

// The compiler that instruments: the words of $HEDDLE_CC or $HEDDLE_CXX; or the one that built
// Heddle, then any other clang that $PATH has, newest last. Empty when there is none.
std::vector<std::string> FindCompiler(bool cxx);

}  // namespace heddle::wrapper

#endif  // HEDDLE_SIM_WRAPPER_BUILD_FLAGS_H_
