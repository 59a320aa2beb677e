// Text of bounded length for reports; what does not fit is cut off. Allocates nothing.
#ifndef HEDDLE_SIM_RUNTIME_CORE_TEXT_H_
#define HEDDLE_SIM_RUNTIME_CORE_TEXT_H_

#include <cstdarg>
#include <cstddef>
#include <cstdio>

namespace heddle::sim::runtime {

// Copies a text, cut off where it does not fit. `size` > 0. For the kernel's own memory that
// threads write in turn: in tsan snprintf() and strcpy() are ThreadSanitizer's, which would report
// a race.
inline void CopyText(char* to, size_t size, const char* from) {
  size_t i = 0;
  for (; i + 1 < size && from[i] != 0; ++i) to[i] = from[i];
  to[i] = 0;
}

// Without ThreadSanitizer's strcmp(), which counts as an event of the thread: reports depend on
// their number.
inline bool SameText(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

class Text {
 public:
  // Writes to `buffer`, which stays the caller's. `size` > 0.
  Text(char* buffer, size_t size) : buffer_(buffer), size_(size) { buffer_[0] = 0; }

  __attribute__((format(printf, 2, 3))) void Add(const char* format, ...) {
    if (used_ >= size_) return;
    va_list values;
    va_start(values, format);
    const int length = vsnprintf(buffer_ + used_, size_ - used_, format, values);
    va_end(values);
    if (length > 0) used_ += static_cast<size_t>(length);
  }

 private:
  char* buffer_;
  size_t size_;
  size_t used_ = 0;  // may exceed `size_`: then the text is cut off
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_TEXT_H_
