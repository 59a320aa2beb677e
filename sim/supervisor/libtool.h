// Programs of a build with libtool. Where one links a shared library of its own project, libtool
// leaves a shell script under the program's name, which sets LD_LIBRARY_PATH and starts the
// program, a file of the folder `.libs`. Heddle starts that itself: the script's shell is no part
// of what is explored, and a script has no symbols, no runtime and no libraries to look at.
#ifndef HEDDLE_SIM_SUPERVISOR_LIBTOOL_H_
#define HEDDLE_SIM_SUPERVISOR_LIBTOOL_H_

#include <string>

namespace heddle::sim {

// The program that the libtool script `path` starts; `path` itself if it is none, or if there is no
// such program.
std::string ProgramBehind(const std::string& path);

// The folders (LD_LIBRARY_PATH) that the script beside its `.libs` folder sets for `program`; "" if
// there is no such script.
std::string LibtoolLibraryPath(const std::string& program);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SUPERVISOR_LIBTOOL_H_
