#include "src/chain/wire/snappy_block.h"

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "snappy.h"
#include "src/chain/wire/varint.h"

namespace heddle::wire {
namespace {

// --- Compression: the specification's greedy matcher, block by block. ---

constexpr size_t kBlockSize = 65536;  // each is compressed on its own
constexpr size_t kInputMargin = 15;   // no match starts in a block's last bytes
constexpr size_t kMaxMatch = 64;
constexpr int kMinTableBits = 8;
constexpr int kMaxTableBits = 15;

uint32_t Load32(const uint8_t* p) {
  return p[0] | uint32_t{p[1]} << 8 | uint32_t{p[2]} << 16 | uint32_t{p[3]} << 24;
}

void AppendLiteral(ByteView literal, Bytes* out) {
  if (literal.empty()) return;
  const size_t n = literal.size() - 1;  // at most kBlockSize - 1
  if (n < 60) {
    out->push_back(static_cast<uint8_t>(n << 2));
  } else if (n < 256) {
    out->push_back(60 << 2);
    out->push_back(static_cast<uint8_t>(n));
  } else {
    out->push_back(61 << 2);
    out->push_back(static_cast<uint8_t>(n));
    out->push_back(static_cast<uint8_t>(n >> 8));
  }
  Append(literal, out);
}

// 4 <= length <= kMaxMatch, offset < kBlockSize.
void AppendCopy(size_t length, size_t offset, Bytes* out) {
  if (length <= 11 && offset < 2048) {
    out->push_back(static_cast<uint8_t>((offset >> 8) << 5 | (length - 4) << 2 | 1));
    out->push_back(static_cast<uint8_t>(offset));
  } else {
    out->push_back(static_cast<uint8_t>((length - 1) << 2 | 2));
    out->push_back(static_cast<uint8_t>(offset));
    out->push_back(static_cast<uint8_t>(offset >> 8));
  }
}

// Maps the hash of four bytes to where they were last seen in the block.
class MatchTable {
 public:
  explicit MatchTable(size_t block_size) : bits_(kMinTableBits) {
    while ((size_t{1} << bits_) < block_size / 4 && bits_ < kMaxTableBits) ++bits_;
    last_.assign(size_t{1} << bits_, kNone);
  }

  // Where the four bytes at `at` stood before (or kNone, or a collision), and `at` from now on.
  uint32_t Exchange(ByteView block, size_t at) {
    uint32_t& slot = last_[(Load32(&block[at]) * 0x1e35a7bdU) >> (32 - bits_)];
    const uint32_t before = slot;
    slot = static_cast<uint32_t>(at);
    return before;
  }

  static constexpr uint32_t kNone = ~uint32_t{0};

 private:
  int bits_;
  std::vector<uint32_t> last_;
};

size_t MatchLength(ByteView block, size_t earlier, size_t at) {
  const size_t limit = std::min(kMaxMatch, block.size() - at);
  size_t length = 4;
  while (length < limit && block[earlier + length] == block[at + length]) ++length;
  return length;
}

void CompressBlock(ByteView block, Bytes* out) {
  size_t literal_start = 0;
  if (block.size() > kInputMargin) {
    const size_t end = block.size() - kInputMargin;
    MatchTable table(block.size());
    size_t at = 0;
    while (at < end) {
      const uint32_t earlier = table.Exchange(block, at);
      if (earlier == MatchTable::kNone || Load32(&block[earlier]) != Load32(&block[at])) {
        ++at;
        continue;
      }
      AppendLiteral(block.subspan(literal_start, at - literal_start), out);
      const size_t length = MatchLength(block, earlier, at);
      AppendCopy(length, at - earlier, out);
      // Every other position inside the match is remembered too, unless the search is over.
      const size_t next = at + length;
      if (next < end) {
        for (size_t inside = at + 1; inside + 1 < next; inside += 2) table.Exchange(block, inside);
      }
      at = next;
      literal_start = next;
    }
  }
  AppendLiteral(block.subspan(literal_start), out);
}

// --- Decompression: our own check of the elements, libsnappy's expansion. ---

constexpr size_t kMaxLengthBytes = 5;  // of the varint in front

// One element of a block: `length` bytes that stand in the input (offset 0) or `offset` bytes back
// in the output. `header` counts the bytes before them.
struct Element {
  uint64_t length = 0;
  uint64_t offset = 0;
  bool is_copy = false;
  size_t header = 0;
};

uint64_t LoadLittleEndian(ByteView bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

// The element at the front of `input`, which is not empty; header 0 when it is cut off.
Element ParseElement(ByteView input) {
  const uint8_t tag = input[0];
  const size_t type = tag & 3;
  size_t extra = 0;  // bytes after the tag
  if (type == 0) {
    extra = (tag >> 2) < 60 ? 0 : (tag >> 2) - 59;
  } else {
    extra = type == 3 ? 4 : type;
  }
  if (input.size() < 1 + extra) return {};
  const uint64_t number = LoadLittleEndian(input.subspan(1, extra));
  Element element;
  element.header = 1 + extra;
  element.is_copy = type != 0;
  if (type == 0) {
    element.length = (extra == 0 ? tag >> 2 : number) + 1;
  } else if (type == 1) {
    element.length = ((tag >> 2) & 7) + 4;
    element.offset = uint64_t{tag} >> 5 << 8 | number;
  } else {
    element.length = (tag >> 2) + 1;
    element.offset = number;
  }
  return element;
}

// How many bytes of `input` the elements take that produce exactly `size` bytes.
absl::StatusOr<size_t> CheckElements(ByteView input, size_t start, uint64_t size) {
  const auto error = [](size_t at, absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("snappy block, byte ", at, ": ", what));
  };
  size_t at = start;
  uint64_t produced = 0;
  while (produced < size) {
    if (at == input.size()) return error(at, "ends before its declared length is reached");
    const Element element = ParseElement(input.subspan(at));
    if (element.header == 0) return error(at, "ends inside an element");
    if (element.length > size - produced) return error(at, "exceeds its declared length");
    const size_t after = at + element.header;
    if (!element.is_copy) {
      if (element.length > input.size() - after) return error(at, "ends inside a literal");
      at = after + element.length;
    } else {
      if (element.offset == 0 || element.offset > produced) {
        return error(at, "copies from before its start");
      }
      at = after;
    }
    produced += element.length;
  }
  return at;
}

}  // namespace

Bytes SnappyCompress(ByteView data) {
  Bytes out;
  AppendVarint(data.size(), &out);
  for (size_t at = 0; at < data.size(); at += kBlockSize) {
    CompressBlock(data.subspan(at, kBlockSize), &out);
  }
  return out;
}

absl::StatusOr<Bytes> SnappyDecompress(ByteView compressed, size_t max_size) {
  const absl::StatusOr<Varint> size = DecodeVarint(compressed, kMaxLengthBytes);
  if (!size.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("snappy block, length: ", size.status().message()));
  }
  if (size->value > max_size) {
    return absl::ResourceExhaustedError(
        absl::StrCat("snappy block declares ", size->value, " bytes, the limit is ", max_size));
  }
  if (size->value == 0) return Bytes();
  const absl::StatusOr<size_t> used = CheckElements(compressed, size->length, size->value);
  if (!used.ok()) return used.status();
  Bytes out(size->value);
  if (!snappy::RawUncompress(reinterpret_cast<const char*>(compressed.data()), *used,
                             reinterpret_cast<char*>(out.data()))) {
    return absl::InternalError("libsnappy refuses a block that was found sound");
  }
  return out;
}

}  // namespace heddle::wire
