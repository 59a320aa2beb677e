# Writes the weak memory model with mistakes that can be turned on: cmake -DSOURCE=weak_memory.cc -DOUT=FILE
# -P mutants.cmake. $LITMUS_MUTANT is the number of the one that is on. The comparison with the
# definitions (main.cc) must notice each of them; a mistake whose place is gone fails the build.
cmake_minimum_required(VERSION 3.20)
file(READ ${SOURCE} text)

# mutant(NUMBER OLD NEW): `OLD` occurs once; in `NEW`, ON is whether the mistake is on.
function(mutant number old new)
  string(LENGTH "${old}" length)
  string(LENGTH "${text}" before)
  string(REPLACE "${old}" "" without "${text}")
  string(LENGTH "${without}" after)
  math(EXPR times "(${before} - ${after}) / ${length}")
  if(NOT times EQUAL 1)
    message(FATAL_ERROR "mutant ${number}: expected once in ${SOURCE}, found ${times} times: ${old}")
  endif()
  string(REPLACE "ON" "(heddle::sim::runtime::mutant == ${number})" new "${new}")
  string(REPLACE "${old}" "${new}" text "${text}")
  set(text "${text}" PARENT_SCOPE)
endfunction()

# Reads hide nothing.
mutant(1 "if (readers.at[i] != 0 && readers.at[i] <= view.At(i)) return true"
       "if (!ON && readers.at[i] != 0 && readers.at[i] <= view.At(i)) return true")
# seq_cst fences do not learn from each other.
mutant(2 "if (!IsTso()) thread.known.Join(machine.total)" "if (!IsTso() && !ON) thread.known.Join(machine.total)")
# seq_cst loads ignore seq_cst stores.
mutant(3 "store.sc != 0 && (IsSc(order) ||" "store.sc != 0 && ((IsSc(order) && !ON) ||")
# seq_cst fences ignore seq_cst stores.
mutant(4 "store.sc <= known.fence" "(store.sc <= known.fence && !ON)")
# seq_cst loads ignore fences.
mutant(5 "if (IsSc(order) && Covers(machine.total, store))" "if (!ON && IsSc(order) && Covers(machine.total, store))")
# Acquire fences take nothing.
mutant(6 "thread.known.Join(thread.pending)" "if (!ON) thread.known.Join(thread.pending)")
# Release fences give nothing.
mutant(7 "thread.has_released = true" "thread.has_released = !ON")
# There are no release sequences.
mutant(8 "const bool sequence = continues ||" "const bool sequence = (continues && !ON) ||")
# Relaxed loads acquire.
mutant(9 "if (Acquires(order)) {\n      thread.known" "if (Acquires(order) || ON) {\n      thread.known")
# Relaxed stores release.
mutant(10 "return order >= __ATOMIC_RELEASE" "return order >= __ATOMIC_RELEASE || ON")
# A store comes between a read-modify-write and what that read.
mutant(11 "return places[Pick(" "if (ON) return Pick(self, location, readable);\n  return places[Pick(")
# A store is always the newest.
mutant(12 "if (IsTso() || location.whole) return 0" "if (IsTso() || location.whole || ON) return 0")
# A compare-exchange fails on the newest store only.
mutant(13 "? i < fails" "? i < fails && !ON")
# tso: a read-modify-write leaves the store buffer as it is.
mutant(14 "if (IsSc(order) || continues) Drain" "if ((IsSc(order) || continues) && !ON) Drain")
# tso: a store that somebody has read is not yet visible to all.
mutant(15 "if (store.message != 0) machine.total" "if (store.message != 0 && !ON) machine.total")

string(REPLACE "\nnamespace {\n" "\nstatic const int mutant = []() {\n  const char* number = getenv(\"LITMUS_MUTANT\");\n  return number == nullptr ? 0 : atoi(number);\n}();\nnamespace {\n" text "${text}")
file(WRITE ${OUT} "#include <cstdlib>\n${text}")
