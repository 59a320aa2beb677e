#ifndef HEDDLE_SRC_CHAIN_WIRE_UTF8_H_
#define HEDDLE_SRC_CHAIN_WIRE_UTF8_H_

#include "src/chain/wire/bytes.h"

namespace heddle::wire {

// Whether `text` is well-formed UTF-8 (Unicode 15, table 3-7): shortest forms, no surrogates,
// nothing beyond U+10FFFF.
bool IsUtf8(ByteView text);

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_UTF8_H_
