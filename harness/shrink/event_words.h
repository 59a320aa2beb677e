// Events of a trace in words, as far as their payloads can be read.
#ifndef HEDDLE_HARNESS_SHRINK_EVENT_WORDS_H_
#define HEDDLE_HARNESS_SHRINK_EVENT_WORDS_H_

#include <string>

#include "sim/trace/trace.h"

namespace heddle::harness {

// "block 7f3a12cd of slot 3 by validator 3, on 01ab45ef with 2 attestations"; for an undecodable
// payload, its kind and size.
std::string EventWords(const trace::Event& event);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SHRINK_EVENT_WORDS_H_
