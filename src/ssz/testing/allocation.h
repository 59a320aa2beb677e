// How much a piece of code asks of operator new. Linking this in replaces the operators.
#ifndef HEDDLE_SRC_SSZ_TESTING_ALLOCATION_H_
#define HEDDLE_SRC_SSZ_TESTING_ALLOCATION_H_

#include <cstddef>

namespace heddle::ssz {

// Bytes that this thread has asked of operator new so far.
size_t AllocatedBytes();

}  // namespace heddle::ssz

#endif  // HEDDLE_SRC_SSZ_TESTING_ALLOCATION_H_
