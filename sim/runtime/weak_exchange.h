// The weak form of compare-exchange, for programs under test: their compiler reads this file's
// macros before every source (-imacros; sim/cmake/HeddleInstrument.cmake, sim/wrapper).
//
// clang's ThreadSanitizer pass makes one call of both forms,
// __tsan_atomicN_compare_exchange_val. It returns a value and nothing else, so it cannot say that
// the operation failed by itself. A weak form of 1, 2, 4 or 8 bytes that is aligned calls
// __tsan_atomicN_compare_exchange_weak here, which can, and which both ThreadSanitizer and the
// runtime have. All else stays the compiler's: the strong form, 16 bytes, and what is left to
// libatomic.
//
// Only macros, so that nothing stands before a module's first token. No function is declared: where
// a macro is used, a declaration could get C's linkage, C++'s, or none. Dependent types must work,
// and each argument is evaluated once.
#if !defined(__ASSEMBLER__) && defined(__has_feature)
#if __has_feature(thread_sanitizer)
#pragma GCC system_header

// Whether the weak form of these objects can be a call. `p` points to the object, `e` to what is
// expected there.
#define HEDDLE_WEAK_FITS_(p, e)                                         \
  (sizeof(*(p)) == sizeof(*(e)) && __alignof__(*(p)) >= sizeof(*(e)) && \
   (sizeof(*(e)) == 1 || sizeof(*(e)) == 2 || sizeof(*(e)) == 4 || sizeof(*(e)) == 8))

// `d` points to the value to store. The orders have flags for lock elision above their three bits.
#define HEDDLE_WEAK_CALL_(bits, type, p, e, d, success, failure)                    \
  ({                                                                                \
    typedef type __attribute__((__may_alias__)) __heddle_type;                      \
    int (*__heddle_call)(volatile void*, void*, type, int, int);                    \
    __asm__("movq __tsan_atomic" #bits "_compare_exchange_weak@GOTPCREL(%%rip), %0" \
            : "=r"(__heddle_call));                                                 \
    __heddle_call(p, (void*)(e), *(const __heddle_type*)(d), (int)(success)&7,      \
                  (int)(failure)&7) != 0;                                           \
  })
#define HEDDLE_WEAK_(p, e, d, success, failure)                                            \
  (sizeof(*(e)) == 1   ? HEDDLE_WEAK_CALL_(8, __UINT8_TYPE__, p, e, d, success, failure)   \
   : sizeof(*(e)) == 2 ? HEDDLE_WEAK_CALL_(16, __UINT16_TYPE__, p, e, d, success, failure) \
   : sizeof(*(e)) == 4 ? HEDDLE_WEAK_CALL_(32, __UINT32_TYPE__, p, e, d, success, failure) \
                       : HEDDLE_WEAK_CALL_(64, __UINT64_TYPE__, p, e, d, success, failure))

// The builtins that have a weak form; a macro does not expand itself. The `__typeof__` converts the
// value, as they do.
#define HEDDLE_EXCHANGE_VALUE_(p, e, d, weak, success, failure, otherwise)    \
  __extension__({                                                             \
    __auto_type __heddle_p = (p);                                             \
    __auto_type __heddle_e = (e);                                             \
    __typeof__(*__heddle_e) __heddle_d = (d);                                 \
    (weak) && HEDDLE_WEAK_FITS_(__heddle_p, __heddle_e)                       \
        ? HEDDLE_WEAK_(__heddle_p, __heddle_e, &__heddle_d, success, failure) \
        : otherwise;                                                          \
  })
#define __atomic_compare_exchange_n(p, e, d, weak, success, failure) \
  HEDDLE_EXCHANGE_VALUE_(                                            \
      p, e, d, weak, success, failure,                               \
      __atomic_compare_exchange_n(__heddle_p, __heddle_e, __heddle_d, weak, success, failure))
#define __c11_atomic_compare_exchange_weak(p, e, d, success, failure) \
  HEDDLE_EXCHANGE_VALUE_(                                             \
      p, e, d, 1, success, failure,                                   \
      __c11_atomic_compare_exchange_weak(__heddle_p, __heddle_e, __heddle_d, success, failure))
#define __atomic_compare_exchange(p, e, d, weak, success, failure)                               \
  __extension__({                                                                                \
    __auto_type __heddle_p = (p);                                                                \
    __auto_type __heddle_e = (e);                                                                \
    __auto_type __heddle_d = (d);                                                                \
    (weak) && HEDDLE_WEAK_FITS_(__heddle_p, __heddle_e)                                          \
        ? HEDDLE_WEAK_(__heddle_p, __heddle_e, __heddle_d, success, failure)                     \
        : __atomic_compare_exchange(__heddle_p, __heddle_e, __heddle_d, weak, success, failure); \
  })

#endif
#endif
