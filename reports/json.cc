#include "reports/json.h"

#include <chrono>
#include <string>

namespace heddle::reports {
namespace {

using nlohmann::ordered_json;
using sim::Frame;
using sim::Stack;

std::string Text(absl::string_view text) { return std::string(text); }

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

ordered_json RenderStack(const Stack& stack) {
  ordered_json frames = ordered_json::array();
  for (const Frame& frame : stack.frames) frames.push_back(RenderFrame(frame));
  return {{"title", stack.title},
          {"thread", stack.thread},
          {"access", stack.is_access},
          {"frames", std::move(frames)}};
}

ordered_json RenderProof(const std::optional<Proof>& proof) {
  if (!proof) return nullptr;
  return {{"complete", proof->complete},
          {"executions", proof->executions},
          {"repeated", proof->repeated},
          {"left_out", proof->left_out},
          {"stores_left_out", proof->stores_left_out},
          {"threads", proof->threads},
          {"operations", proof->operations},
          {"in_process", proof->in_process},
          {"memory", proof->memory},
          {"shares", proof->shares},
          {"shares_run", proof->shares_run}};
}

ordered_json RenderExplored(const Explored& explored) {
  ordered_json curve = ordered_json::array();
  for (const Explored::Sample& sample : explored.curve) {
    curve.push_back({sample.schedules, sample.distinct, sample.interleavings, sample.findings});
  }
  return {{"schedules", explored.schedules},
          {"distinct", explored.distinct},
          {"orders", explored.interleavings},
          {"histories", explored.histories},
          {"points", explored.points},
          {"faults", explored.faults},
          {"races", explored.races},
          {"exhausted", explored.exhausted},
          {"ended_early", explored.ended_early},
          {"threads_left", explored.threads_left},
          {"strategy", explored.strategy},
          {"coverage",
           {{"reads_from", explored.reads_from},
            {"adjacent", explored.adjacent},
            {"lock_orders", explored.lock_orders},
            {"once", explored.once},
            {"last_new", explored.last_new}}},
          {"took", explored.took},
          {"hint", explored.hint},
          {"unseen", explored.unseen},
          {"why_few", explored.why_few},
          {"by_fork", explored.by_fork},
          {"curve", std::move(curve)},
          {"proof", RenderProof(explored.proof)}};
}

ordered_json RenderPoint(const ChainView::Point& point) {
  return {{"root", point.root}, {"slot", point.slot}};
}

ordered_json RenderChain(const ChainView& chain) {
  ordered_json blocks = ordered_json::array();
  for (const ChainView::Block& block : chain.blocks) {
    blocks.push_back({{"root", block.root},
                      {"parent", block.parent},
                      {"slot", block.slot},
                      {"weight", block.weight}});
  }
  return {{"name", chain.name},
          {"head", RenderPoint(chain.head)},
          {"justified", RenderPoint(chain.justified)},
          {"finalized", RenderPoint(chain.finalized)},
          {"blocks", std::move(blocks)}};
}

ordered_json RenderCell(const CellResult& cell, bool is_program) {
  ordered_json reached = ordered_json::array();
  for (const Situation situation : cell.reached) reached.push_back(Text(Name(situation)));
  ordered_json findings = ordered_json::array();
  for (const Finding& finding : cell.findings) findings.push_back(RenderJson(finding));
  return {{"dispatcher", is_program ? kProgram : Text(Name(cell.dispatcher))},
          {"flavour", Text(Name(cell.flavour))},
          {"met", cell.met},
          {"reason", cell.reason},
          {"runs", cell.runs},
          {"seconds", Seconds(cell.duration)},
          {"events", cell.events},
          {"snapshots", cell.snapshots},
          {"refused", cell.refused},
          {"full", cell.full},
          {"reached", std::move(reached)},
          {"folder", cell.kept_folder},
          {"explored", cell.explored ? RenderExplored(*cell.explored) : ordered_json()},
          {"findings", std::move(findings)}};
}

ordered_json RenderScenario(const ScenarioResult& scenario) {
  ordered_json cells = ordered_json::array();
  for (const CellResult& cell : scenario.cells)
    cells.push_back(RenderCell(cell, scenario.is_program));
  return {{"name", scenario.name},
          {"path", scenario.path},
          {"description", scenario.description},
          {"again", scenario.again},
          {"expects", scenario.expects_findings ? "findings" : "clean"},
          {"met", scenario.met()},
          {"environment", scenario.environment},
          {"interrupted", scenario.interrupted},
          {"seconds", Seconds(scenario.duration)},
          {"cells", std::move(cells)}};
}

}  // namespace

ordered_json RenderFrame(const Frame& frame) {
  return {{"function", frame.function}, {"file", frame.file},     {"line", frame.line},
          {"column", frame.column},     {"module", frame.module}, {"own", frame.own}};
}

ordered_json RenderJson(const Finding& finding) {
  ordered_json stacks = ordered_json::array();
  for (const Stack& stack : finding.stacks) stacks.push_back(RenderStack(stack));
  ordered_json chains = ordered_json::array();
  for (const ChainView& chain : finding.chains) chains.push_back(RenderChain(chain));
  return {{"kind", Text(Name(finding.kind))}, {"detail", finding.detail},
          {"source", finding.source},         {"message", finding.message},
          {"location", finding.location},     {"status", Text(Name(finding.status))},
          {"signature", finding.dedup_key},   {"schedule", finding.schedule},
          {"count", finding.count},           {"runs", finding.runs},
          {"first_run", finding.first_run},   {"stacks", std::move(stacks)},
          {"chains", std::move(chains)},      {"text", finding.text}};
}

ordered_json RenderJson(const std::vector<ScenarioResult>& results) {
  bool met = true;
  ordered_json scenarios = ordered_json::array();
  for (const ScenarioResult& scenario : results) {
    met &= scenario.met();
    scenarios.push_back(RenderScenario(scenario));
  }
  return {{"format", kRunFormat},
          {"version", kRunVersion},
          {"met", met},
          {"scenarios", std::move(scenarios)}};
}

}  // namespace heddle::reports
