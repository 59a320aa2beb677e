// A library that loaded.cc loads.
#include <stddef.h>

enum { kSize = 2000 };
static __thread int values[kSize] = {7};

int* Values(size_t* size);

int* Values(size_t* size) {
  *size = kSize;
  return values;
}
