// Streams of <stdio.h> under control (stdio.cc).
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_STDIO_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_STDIO_H_

namespace heddle::sim::runtime {

// Leads the reads and writes of streams to the runtime. Once, before main().
void TakeOverStreams();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_STDIO_H_
