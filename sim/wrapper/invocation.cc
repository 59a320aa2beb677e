#include "sim/wrapper/invocation.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string_view>

namespace heddle::wrapper {
namespace {

constexpr int kMaxResponseDepth = 16;  // of files that name files; a circle ends there

template <size_t size>
bool IsOneOf(std::string_view text, const std::array<std::string_view, size>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// The next argument belongs to these, unless the value stands in the same argument.
constexpr std::array<std::string_view, 57> kTakesValue = {"-o",
                                                          "-x",
                                                          "-I",
                                                          "-D",
                                                          "-U",
                                                          "-L",
                                                          "-l",
                                                          "-B",
                                                          "-F",
                                                          "-T",
                                                          "-u",
                                                          "-z",
                                                          "-e",
                                                          "-h",
                                                          "-A",
                                                          "-G",
                                                          "-b",
                                                          "-V",
                                                          "-include",
                                                          "-imacros",
                                                          "-isystem",
                                                          "-iquote",
                                                          "-idirafter",
                                                          "-iprefix",
                                                          "-iwithprefix",
                                                          "-isysroot",
                                                          "-imultilib",
                                                          "-cxx-isystem",
                                                          "-iframework",
                                                          "-framework",
                                                          "-Xclang",
                                                          "-Xlinker",
                                                          "-Xassembler",
                                                          "-mllvm",
                                                          "-MF",
                                                          "-MT",
                                                          "-MQ",
                                                          "-arch",
                                                          "-target",
                                                          "-rpath",
                                                          "--sysroot",
                                                          "--param",
                                                          "-include-pch",
                                                          "-ivfsoverlay",
                                                          "-aux-info",
                                                          "-dumpbase",
                                                          "-dumpdir",
                                                          "-dumpbase-ext",
                                                          "-wrapper",
                                                          "-specs",
                                                          "-gcc-toolchain",
                                                          "-serialize-diagnostics",
                                                          "--serialize-diagnostics",
                                                          "-Xpreprocessor",
                                                          "-Xanalyzer",
                                                          "-resource-dir",
                                                          "-iwithprefixbefore"};

// Nothing is linked.
constexpr std::array<std::string_view, 17> kStopsBefore = {"-c",
                                                           "-S",
                                                           "-E",
                                                           "-M",
                                                           "-MM",
                                                           "-fsyntax-only",
                                                           "--precompile",
                                                           "-emit-ast",
                                                           "--analyze",
                                                           "-verify-pch",
                                                           "-emit-interface-stubs",
                                                           "--compile",
                                                           "--assemble",
                                                           "--preprocess",
                                                           "-rewrite-objc",
                                                           "-extract-api",
                                                           "--dependencies"};

constexpr std::array<std::string_view, 26> kSources = {
    "c",  "i", "cc", "cp", "cxx", "cpp", "CPP",  "c++", "C++", "C",  "ii", "s",  "S",
    "sx", "m", "mi", "mm", "M",   "mii", "cppm", "ixx", "ccm", "cl", "cu", "ll", "bc"};
constexpr std::array<std::string_view, 8> kHeaders = {"h",   "hh", "hp",  "hxx",
                                                      "hpp", "H",  "h++", "tcc"};

class Reader {
 public:
  Invocation Read(const std::vector<std::string>& arguments) {
    invocation_.is_internal =
        !arguments.empty() && (arguments[0] == "-cc1" || arguments[0] == "-cc1as");
    ReadAll(arguments, 0);
    invocation_.links = WhatIsLinked();
    return invocation_;
  }

 private:
  void ReadAll(const std::vector<std::string>& arguments, int depth) {
    for (const std::string& argument : arguments) {
      if (argument.size() > 1 && argument[0] == '@' && depth < kMaxResponseDepth) {
        std::ifstream file(argument.substr(1), std::ios::binary);
        if (file) {
          const std::string text((std::istreambuf_iterator<char>(file)), {});
          ReadAll(ResponseWords(text), depth + 1);
          continue;
        }
      }
      ReadOne(argument);
    }
  }

  void ReadOne(std::string_view argument) {
    if (!pending_.empty()) {
      const std::string_view option = pending_;
      pending_ = "";
      return ReadValue(option, argument);
    }
    if (only_inputs_ || argument.empty() || argument[0] != '-' || argument == "-") {
      return ReadInput(argument);
    }
    if (argument == "--") {
      only_inputs_ = true;
    } else if (IsOneOf(argument, kTakesValue)) {
      pending_ = *std::find(kTakesValue.begin(), kTakesValue.end(), argument);
    } else if (argument.starts_with("-Wl,")) {
      for (size_t begin = 3; begin < argument.size();) {
        const size_t end = std::min(argument.find(',', begin + 1), argument.size());
        ReadForLinker(argument.substr(begin + 1, end - begin - 1));
        begin = end;
      }
    } else if (argument.starts_with("-x")) {
      ReadValue("-x", argument.substr(2));
    } else if (argument.starts_with("--language=")) {
      ReadValue("-x", argument.substr(argument.find('=') + 1));
    } else {
      ReadFlag(argument);
    }
  }

  void ReadFlag(std::string_view argument) {
    if (IsOneOf(argument, kStopsBefore)) stops_before_ = true;
    if (argument == "-shared" || argument == "--shared") shared_ = true;
    if (argument == "-r" || argument == "--relocatable") relocatable_ = true;
    if (argument == "-static" || argument == "--static" || argument == "-static-pie") {
      invocation_.is_static = true;
    }
    if (argument == "-nostdlib" || argument == "--no-standard-libraries") no_libc_ = true;
    if (argument == "-nodefaultlibs") invocation_.no_default_libraries = true;
    // Joined: -lm. (-l alone took its value.)
    if (argument.starts_with("-l")) has_library_ = true;
  }

  void ReadForLinker(std::string_view argument) {
    if (argument == "-shared" || argument == "--shared" || argument == "-Bshareable") {
      shared_ = true;
    }
    if (argument == "-r" || argument == "--relocatable") relocatable_ = true;
  }

  void ReadValue(std::string_view option, std::string_view value) {
    if (option == "-x") language_ = value == "none" ? "" : value;
    if (option == "-Xlinker") ReadForLinker(value);
    if (option == "-l") has_library_ = true;
  }

  void ReadInput(std::string_view name) {
    const size_t dot = name.rfind('.');
    const size_t slash = name.rfind('/');
    const bool has_ending =
        dot != std::string_view::npos && (slash == std::string_view::npos || dot > slash);
    const std::string_view ending = has_ending ? name.substr(dot + 1) : "";
    has_input_ = true;
    if (name.ends_with(".rcgu.o") || ending == "rlib") invocation_.from_rustc = true;
    const bool is_header =
        language_.empty() ? IsOneOf(ending, kHeaders) : language_.ends_with("-header");
    if (!is_header) only_headers_ = false;
    if (is_header || !language_.empty() || name == "-" || IsOneOf(ending, kSources)) {
      invocation_.compiles = true;
    }
  }

  Links WhatIsLinked() const {
    if (invocation_.is_internal || stops_before_) return Links::kNothing;
    if (!has_input_ && !has_library_) return Links::kNothing;
    if (has_input_ && only_headers_) return Links::kNothing;
    if (relocatable_) return Links::kObject;
    if (shared_) return Links::kSharedLibrary;
    return no_libc_ ? Links::kWithoutLibc : Links::kExecutable;
  }

  Invocation invocation_;
  std::string_view pending_;  // the option that waits for its value
  std::string language_;      // of -x; "": by the file's ending
  bool only_inputs_ = false;  // behind --
  bool stops_before_ = false;
  bool shared_ = false;
  bool relocatable_ = false;
  bool no_libc_ = false;
  bool has_input_ = false;
  bool has_library_ = false;
  bool only_headers_ = true;
};

}  // namespace

std::vector<std::string> ResponseWords(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      in_word = true;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

Invocation ReadInvocation(const std::vector<std::string>& arguments) {
  return Reader().Read(arguments);
}

}  // namespace heddle::wrapper
