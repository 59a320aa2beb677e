// The page: the findings, worst first, then the verdicts and campaigns. `report` is what
// reports/html.cc wrote into #data.

const report = JSON.parse(document.getElementById('data').textContent);
const timelines = [];
const MOST_LINKS = 8;   // shown at first for a cell of the table
const MOST_GROUPS = 4;  // places that the list of findings shows at first
const MOST_TITLE = 58;  // characters of a tab's title

// Worst first.
const SEVERITY = ['heap-corruption', 'memory-error', 'crash', 'deadlock', 'lost-wakeup', 'data-race',
  'lost-event', 'divergence', 'undefined-behaviour', 'livelock', 'hang', 'sync-misuse', 'leak',
  'nondeterminism', 'unmodelled'];

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  for (const timeline of timelines) timeline.draw();
}

// --- The findings ---

// {scenario, cell, finding, id}, worst first. The id has the dedup key, so a link to a finding holds in
// every page that has it.
function allFindings() {
  const all = [];
  for (const scenario of report.run.scenarios) {
    for (const cell of scenario.cells) {
      for (const finding of cell.findings) all.push({scenario, cell, finding});
    }
  }
  const rank = ({finding}) => (finding.status === 'unexpected' ? 0 : 100) +
                              SEVERITY.indexOf(finding.kind);
  all.sort((a, b) => rank(a) - rank(b));
  const seen = new Map();
  for (const entry of all) {
    const key = entry.finding.signature;
    const times = (seen.get(key) || 0) + 1;
    seen.set(key, times);
    entry.id = times === 1 ? `f-${key}` : `f-${key}-${times}`;
  }
  return all;
}

// The schedules of a finding that were replayed: the shrunk one first. [{path, name, data}]
function viewsOf(finding) {
  const shrunk = report.shrunk && report.shrunk[finding.schedule];
  const views = [];
  if (shrunk && report.timelines[shrunk]) {
    views.push({path: shrunk, name: 'shrunk', data: report.timelines[shrunk]});
  }
  if (finding.schedule && report.timelines[finding.schedule]) {
    views.push({path: finding.schedule, name: 'found', data: report.timelines[finding.schedule]});
  }
  // A shrunk schedule whose replay says nothing goes behind the one that was found.
  views.sort((a, b) => Number(Boolean(a.data.error || a.data.difference)) -
                       Number(Boolean(b.data.error || b.data.difference)));
  return views;
}

// Of the replay, if it says more than the result; else of the result.
function causeOf(finding, view) {
  const own = report.causes[finding.signature] || {headline: finding.message, events: []};
  const seen = view && view.data.causes && view.data.causes[finding.signature];
  return seen && seen.events.length >= own.events.length ? seen : own;
}

const headlines = new Map();
function headlineOf(finding) {
  if (!headlines.has(finding.signature)) {
    headlines.set(finding.signature, causeOf(finding, viewsOf(finding)[0]).headline);
  }
  return headlines.get(finding.signature);
}

// The line in the user's code that the finding is about: "store.cc:12"; "" when there is none.
function placeOf(finding) {
  const events = causeOf(finding, viewsOf(finding)[0]).events;
  for (const event of [...events].reverse()) {
    const frame = event.frames.find(each => each.own && each.file);
    if (frame) return `${shortPath(frame.file, report.root)}:${frame.line}`;
  }
  return '';
}

// --- Header ---

function isProgram(scenario) { return scenario.cells.every(cell => cell.dispatcher === 'program'); }

function titleOf(findings) {
  const names = [...new Set(report.run.scenarios.map(scenario => scenario.name))];
  const name = names.length === 1 ? names[0] : `${names.length} runs`;
  if (findings.length === 0) return names.length === 1 ? name : 'Heddle report';
  return `${plural(findings.length, 'finding')} in ${name}`;
}

function stateBadge(findings) {
  const scenarios = report.run.scenarios;
  if (scenarios.some(scenario => scenario.environment)) {
    return make('span', {class: 'badge warn'}, 'some could not run');
  }
  if (scenarios.every(isProgram)) {
    return findings.length ? null : make('span', {class: 'badge good'}, 'no findings');
  }
  const met = scenarios.filter(scenario => scenario.met).length;
  if (met < scenarios.length) {
    return make('span', {class: 'badge bad'},
                `${scenarios.length - met} of ${plural(scenarios.length, 'scenario')} not as expected`);
  }
  return findings.length ? make('span', {class: 'badge'}, 'the scenario expects them')
                         : make('span', {class: 'badge good'}, 'as expected');
}

function buildHeader(findings) {
  const title = titleOf(findings);
  const words = findings.length === 1 ? headlineOf(findings[0].finding) : title;
  document.title = `${words.length > MOST_TITLE ? `${words.slice(0, MOST_TITLE)}…` : words} · Heddle`;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  setTheme(dark.matches ? 'dark' : 'light');
  dark.addEventListener('change', () => setTheme(dark.matches ? 'dark' : 'light'));
  const flip = () => setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
  const scenarios = report.run.scenarios;
  document.getElementById('top').append(
    make('div', {class: 'head'}, make('h1', {}, title), stateBadge(findings),
         scenarios.length === 1 && scenarios[0].description
           ? make('span', {class: 'soft about', title: scenarios[0].description},
                  scenarios[0].description) : null,
         make('span', {class: 'spring'}), editorChoice(report.root),
         make('button', {type: 'button', onclick: flip, title: 'Switch between light and dark',
                         'aria-label': 'Switch between light and dark'}, '◐'),
         make('button', {type: 'button', onclick: () => print()}, 'Print')));
}

// --- The list of many findings ---

function buildList(main, findings) {
  if (findings.length < 2) return;
  const groups = new Map();
  for (const entry of findings) {
    const place = placeOf(entry.finding) || 'no line in the program';
    if (!groups.has(place)) groups.set(place, []);
    groups.get(place).push(entry);
  }
  const row = entry => make('li', {},
    make('a', {href: `#${entry.id}`}, headlineOf(entry.finding)));
  const items = [...groups].map(([place, entries]) => {
    const item = make('li', {}, make('div', {class: 'groupname'}, make('code', {}, place),
        entries.length > 1 ? make('span', {class: 'soft'}, plural(entries.length, 'finding')) : null),
      make('ul', {}, row(entries[0])),
      entries.length > 1 ? make('details', {}, make('summary', {class: 'soft'},
        `${count(entries.length - 1)} more at this line`),
        make('ul', {}, entries.slice(1).map(row))) : null);
    item.text = entries.map(({finding, scenario, cell}) =>
      `${place} ${finding.kind} ${headlineOf(finding)} ${scenario.name} ${cell.dispatcher} ` +
      `${cell.flavour} ${finding.status}`).join(' ').toLowerCase();
    return item;
  });
  const found = make('span', {class: 'soft', 'aria-live': 'polite'});
  const more = make('button', {type: 'button', onclick: () => { all = true; show(); }});
  let all = false;
  const show = () => {
    const words = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const matching = items.filter(item => words.every(word => item.text.includes(word)));
    const most = all || words.length ? matching.length : MOST_GROUPS;
    for (const item of items) item.hidden = true;
    matching.slice(0, most).forEach(item => { item.hidden = false; });
    found.textContent = words.length ? `${plural(matching.length, 'line')} of ${count(items.length)}` : '';
    more.hidden = matching.length <= most;
    more.textContent = `and ${plural(matching.length - most, 'line')} more`;
  };
  const filter = make('input', {type: 'search', 'aria-label': 'Filter the findings',
    placeholder: 'kind, words, file, thread...', oninput: show});
  main.append(make('section', {class: 'list', 'aria-labelledby': 'all'},
    make('div', {class: 'bar'}, make('h2', {id: 'all'}, 'Findings, worst first'), filter, found),
    make('ol', {class: 'groups'}, items), more));
  show();
}

// --- A finding ---

function frameItem(frame) {
  return make('li', {class: frame.own ? '' : 'foreign'}, shortFunction(frame.function || '??'), ' ',
    frame.file ? placeLink(frame, report.root)
               : make('span', {class: 'where'},
                      (frame.module || '').slice((frame.module || '').lastIndexOf('/') + 1)));
}

function stackView(stack) {
  const own = stack.frames.filter(frame => frame.own);
  const main = own.length ? own : stack.frames.slice(0, 1);
  return make('div', {class: stack.access ? 'stack access' : 'stack'},
    make('h4', {}, [stack.title.includes(stack.thread) ? '' : `${stack.thread} `, stack.title]),
    stack.frames.length === 0 ? make('p', {class: 'soft'}, 'No stack is available.') : null,
    make('ol', {}, main.map(frameItem)),
    main.length < stack.frames.length
      ? make('details', {}, make('summary', {}, `all ${stack.frames.length} frames`),
             make('ol', {}, stack.frames.map(frameItem)))
      : null);
}

const ROLE_COLOR = {access: 'mark', wants: 'mark', sleeps: 'mark', end: 'mark', freed: 'near',
                    previous: 'near', signal: 'near', woken: 'near', holds: 'near', allocated: 'made'};

// What happened, in order: who, what, at which line. `select` goes to a step.
function causeView(cause, marks, select) {
  const steps = new Map(marks.filter(mark => mark.event !== null)
    .map(mark => [mark.event, mark]));
  const events = cause.events.map((event, index) => ({event, mark: steps.get(index)}));
  if (events.every(each => each.mark)) events.sort((a, b) => a.mark.step - b.mark.step);
  return make('ol', {class: 'cause'}, events.map(({event, mark}) => {
    const own = event.frames.find(frame => frame.own) || event.frames[0];
    return make('li', {class: `event ${ROLE_COLOR[event.role]}`},
      make('p', {class: 'what'}, event.who ? make('strong', {}, event.who) : null,
           event.who ? ' ' : '', event.what),
      own ? make('p', {class: 'at'}, make('span', {}, lastParts(own.function)), ' ',
                 own.file ? placeLink(own, report.root) : null,
                 mark && select ? stepButton(mark, select) : null) : null,
      own ? sourceView(report.sources, report.root, own, events.length > 3 ? 1 : 2) : null);
  }));
}

function stepButton(mark, select) {
  return make('button', {type: 'button', class: 'goto', 'data-row': mark.step,
    title: mark.about ? 'Close to this step: the access is not a schedule point' : null,
    onclick: () => select(mark.step)}, mark.about ? 'near here ↓' : 'show ↓');
}

// The interleaving in words, beside the timeline.
function storyView(story, select) {
  if (!story || story.length === 0) return null;
  return make('div', {class: 'story'}, make('h3', {}, 'In words'),
    make('ol', {}, story.map(turn => make('li', {}, make('strong', {}, turn.who), ' ',
      turn.events.map((event, index) => [index ? ', then ' : '',
        make('button', {type: 'button', class: `goto${event.marked ? ' marked' : ''}`,
                        onclick: () => select(event.step)}, event.text),
        event.place ? make('span', {class: 'soft'}, ` ${event.place}`) : null]), '.'))));
}

// The same as in reports/summary.cc.
function againCommand(scenario, cell, finding) {
  if (finding.schedule) return `heddle replay ${shellWord(finding.schedule)}`;
  if (cell.dispatcher === 'program') return scenario.again;
  return `${scenario.again} --dispatcher ${cell.dispatcher} --flavour ${cell.flavour}`;
}

// How to see it again: one command at a time, for the schedule and the step that are shown.
class Commands {
  constructor(entry) {
    this.entry = entry;
    this.path = entry.finding.schedule;
    this.step = null;  // {number, inserted, last}
    this.chosen = 'replay';
    this.code = make('code', {});
    this.copied = make('button', {type: 'button', onclick: () => this.copy()}, 'copy');
    this.tabs = make('div', {class: 'tabs', role: 'group', 'aria-label': 'Commands'});
    this.view = make('div', {class: 'command'}, this.tabs, this.code, this.copied);
    this.show();
  }

  set(path, step) {
    this.path = path;
    this.step = step;
    this.show();
  }

  all() {
    const {scenario, cell, finding} = this.entry;
    if (!finding.schedule) return {replay: againCommand(scenario, cell, finding)};
    const file = shellWord(this.path);
    const program = cell.dispatcher === 'program' && scenario.path
      ? ` --program ${shellWord(scenario.path)}` : '';
    const commands = {replay: `heddle replay ${file}${program}`};
    const at = this.step;
    if (at) {
      commands[`print from step ${at.number}`] =
        `heddle replay ${file}${program} --print | sed -n '/^ *${at.number} /,$p'`;
      commands[at.inserted ? 'gdb at the finding' : `gdb at step ${at.number}`] =
        `heddle replay ${file}${program} --gdb${at.inserted ? '' : ` --break-at ${at.number}`}`;
    }
    if (this.path === finding.schedule) commands.shrink = `heddle shrink ${file}${program}`;
    else commands.explain = `heddle explain ${file}${program}`;
    return commands;
  }

  show() {
    const commands = this.all();
    const names = Object.keys(commands);
    const kind = name => name.split(' ')[0];
    const chosen = names.find(name => kind(name) === this.chosen) || names[0];
    this.text = commands[chosen];
    this.code.textContent = this.text;
    this.copied.textContent = 'copy';
    this.tabs.replaceChildren(...(names.length < 2 ? [] : names.map(name => make('button',
      {type: 'button', 'aria-pressed': String(name === chosen), onclick: () => {
        this.chosen = kind(name);
        this.show();
      }}, name))));
  }

  async copy() {
    await navigator.clipboard.writeText(this.text);
    this.copied.textContent = 'copied';
  }
}

function factsOf({scenario, cell, finding}) {
  const fact = (name, value) => value ? make('div', {}, make('dt', {}, name),
                                             make('dd', {}, value)) : null;
  const program = cell.dispatcher === 'program';
  const file = finding.schedule && finding.schedule.slice(finding.schedule.lastIndexOf('/') + 1);
  return make('dl', {class: 'facts'},
    fact(program ? 'program' : 'scenario', program ? scenario.path || scenario.name : scenario.name),
    fact('dispatcher', program ? '' : cell.dispatcher), fact('flavour', cell.flavour),
    fact('found by', finding.source),
    fact(cell.explored ? 'first in schedule' : 'first in run', count(finding.first_run)),
    fact('seen in', `${count(finding.runs)} of ${count(cell.runs)}`),
    fact('schedule', file ? make('a', {href: report.files[finding.schedule] || file}, file) : ''),
    fact('dedup key', make('code', {}, finding.signature)));
}

class FindingView {
  constructor(entry) {
    this.entry = entry;
    const {finding, id} = entry;
    this.views = viewsOf(finding);
    this.current = 0;
    this.commands = new Commands(entry);
    this.body = make('div', {});
    this.box = make('details', {class: 'finding', id},
      make('summary', {}, make('h2', {}, headlineOf(finding))), this.body);
    this.box.addEventListener('toggle', () => { if (this.box.open) this.build(); });
  }

  // Built when it is opened, because there may be hundreds.
  build() {
    if (this.built) return;
    this.built = true;
    const {finding} = this.entry;
    this.causeBox = make('div', {});
    this.viewBox = make('div', {});
    fill(this.body, {}, [this.causeBox, this.commands.view,
      finding.chains && finding.chains.length ? chainsView(finding.chains) : null,
      this.viewBox, factsOf(this.entry)]);
    if (finding.stacks.length) {
      this.body.append(make('details', {class: 'text'},
        make('summary', {}, plural(finding.stacks.length, 'stack')),
        make('div', {class: 'stacks'}, finding.stacks.map(stackView))));
    }
    if (finding.text || finding.message) {
      this.body.append(make('details', {class: 'text'},
        make('summary', {}, `Report of ${finding.source}`),
        finding.message ? make('p', {class: 'message'}, finding.message) : null,
        finding.text ? make('pre', {tabindex: '0'}, finding.text) : null));
    }
    this.show(0);
  }

  show(index) {
    const {finding} = this.entry;
    this.current = index;
    const view = this.views[index];
    const cause = causeOf(finding, view);
    const marks = view && !view.data.error
      ? view.data.marks.filter(mark => mark.signature === finding.signature) : [];
    const own = view && view.data.causes && view.data.causes[finding.signature] === cause;
    const select = row => this.timeline && this.timeline.show(row);
    this.causeBox.replaceChildren(cause.events.length
      ? causeView(cause, own ? marks : [], own ? select : null)
      : make('p', {class: 'message'}, finding.message));
    this.viewBox.replaceChildren();
    this.timeline = null;
    if (!view) return;
    const box = make('div', {class: 'drawn'});
    fill(this.viewBox, {}, [this.heading(view), notices(view),
      make('div', {class: 'beside'}, box, own ? storyView(cause.story, select) : null)]);
    if (view.data.error || !view.data.steps) return;
    this.timeline = new Timeline(box, Object.assign({}, view.data, {marks}),
      {sources: report.sources, root: report.root, title: headlineOf(finding),
       onSelect: (timeline, byHand) => this.selected(timeline, byHand)});
    timelines.push(this.timeline);
    this.selected(this.timeline, false);
  }

  heading(view) {
    const {data} = view;
    const names = {shrunk: 'Shrunk', found: 'As found'};
    const size = each => each.data.error ? '' : ` · ${plural(each.data.points, 'step')}`;
    const choice = this.views.length < 2 ? null : make('span', {class: 'tabs', role: 'group',
      'aria-label': 'Schedule'}, this.views.map((each, index) => make('button', {type: 'button',
        'aria-pressed': String(each === view), onclick: () => this.show(index)},
        names[each.name] + size(each))));
    return make('div', {class: 'bar'}, make('h3', {}, 'The interleaving'), choice,
      data.error ? null : make('span', {class: 'soft'},
        [this.views.length < 2 ? plural(data.points, 'step') : null,
         plural(data.switches, 'thread switch', 'thread switches'),
         view.name === 'shrunk' ? null : `strategy ${data.strategy}, seed ${data.seed}, ` +
           `execution ${data.execution}`, `replayed in ${data.flavour}`].filter(Boolean).join(' · ')));
  }

  selected(timeline, byHand) {
    const view = this.views[this.current];
    this.commands.set(view.path, {number: timeline.number(timeline.selected),
                                  inserted: timeline.isInserted(timeline.selected)});
    if (byHand) {
      history.replaceState(null, '', `#${this.entry.id}/${timeline.selected}/${view.name}`);
    }
  }

  open(row, name) {
    this.box.open = true;
    this.build();
    const index = this.views.findIndex(view => view.name === name);
    if (index >= 0 && index !== this.current) this.show(index);
    if (row !== null && this.timeline) this.timeline.show(Math.min(row, this.timeline.steps - 1));
  }
}

function notices({data}) {
  if (data.error) return make('p', {class: 'notice'}, data.error);
  if (!data.difference) return null;
  return make('p', {class: 'notice bad', role: 'status'}, make('strong', {}, 'This is not the finding. '),
    `The replay is not as recorded: ${data.difference}. So no step of it is marked.`);
}

// --- Verdicts and campaigns ---

function verdict(scenario, cell) {
  if (scenario.interrupted) return make('span', {class: 'badge warn'}, 'interrupted');
  if (cell.dispatcher === 'program') {
    return cell.findings.length ? make('span', {class: 'badge bad'}, plural(cell.findings.length, 'finding'))
                                : make('span', {class: 'badge good'}, 'no findings');
  }
  if (!cell.met) return make('span', {class: 'badge bad'}, 'not as expected');
  return make('span', {class: cell.findings.length ? 'badge' : 'badge good'}, 'as expected');
}

function cellFacts(cell) {
  const facts = [];
  const add = (number, one, many) => { if (number) facts.push(plural(number, one, many)); };
  add(cell.events, 'event');
  add(cell.snapshots, 'snapshot');
  add(cell.refused, 'refusal');
  if (cell.full) facts.push(`channel full ${plural(cell.full, 'time')}`);
  if (cell.explored) {
    add(cell.explored.distinct, 'distinct schedule');
    add(cell.explored.orders, 'distinct interleaving');
    add(cell.explored.faults, 'fault');
    if (cell.explored.races) facts.push(`${plural(cell.explored.races, 'data race')} targeted`);
    if (cell.explored.exhausted) facts.push('search complete');
  }
  return facts.join(', ');
}

function buildVerdicts(main, findings) {
  const programs = report.run.scenarios.every(isProgram);
  const rows = [];
  for (const scenario of report.run.scenarios) {
    const cells = scenario.cells.map(cell => make('tr', {},
      make('td', {}, scenario.name), programs ? null : make('td', {}, cell.dispatcher),
      make('td', {}, cell.flavour),
      make('td', {class: 'number'}, count(cell.runs)),
      make('td', {class: 'number'}, seconds(cell.seconds)),
      make('td', {}, verdict(scenario, cell)),
      make('td', {}, cell.reason || cellFacts(cell),
           findingLinks(findings.filter(entry => entry.cell === cell))),
      make('td', {class: 'curvecell'}, cell.explored ? curveView(cell.explored.curve) : null)));
    rows.push(...cells);
    if (scenario.environment) {
      rows.push(make('tr', {}, make('td', {}, scenario.name),
        make('td', {colspan: programs ? 3 : 4}),
        make('td', {}, make('span', {class: 'badge warn'}, 'cannot run')),
        make('td', {colspan: 2}, scenario.environment)));
    }
  }
  const columns = [[programs ? 'program' : 'scenario'], ...(programs ? [] : [['dispatcher']]),
    ['flavour'], ['runs', 'number'], ['time', 'number'], ['verdict'], ['result'], ['campaign']];
  main.append(make('h2', {id: 'verdicts'}, programs ? 'What ran' : 'Verdicts'),
    make('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-labelledby': 'verdicts'},
      make('table', {},
    make('thead', {}, make('tr', {}, columns.map(([name, kind]) =>
        make('th', {class: kind || null, scope: 'col'}, name)))),
    make('tbody', {}, rows))));
}

function findingLinks(findings) {
  const links = findings.map(entry => make('div', {},
    make('a', {href: `#${entry.id}`}, `${entry.finding.kind} ${placeOf(entry.finding)}`)));
  if (links.length <= MOST_LINKS) return links;
  return [links.slice(0, MOST_LINKS), make('details', {},
    make('summary', {class: 'soft'}, `and ${count(links.length - MOST_LINKS)} more`),
    links.slice(MOST_LINKS))];
}

// --- The page ---

// Opens what the address names: "#f-KEY", "#f-KEY/ROW/VIEW".
function openLinked(views) {
  const [id, row, name] = location.hash.slice(1).split('/');
  const view = views.get(id);
  if (!view) return;
  const number = Number.parseInt(row, 10);
  view.open(Number.isNaN(number) ? null : number, name);
  view.box.scrollIntoView();
}

function build() {
  const main = document.getElementById('main');
  const findings = allFindings();
  buildHeader(findings);
  buildList(main, findings);
  const views = new Map();
  for (const entry of findings) {
    const view = new FindingView(entry);
    views.set(entry.id, view);
    main.append(view.box);
  }
  if (findings.length) views.get(findings[0].id).open(null);
  openLinked(views);
  addEventListener('hashchange', () => openLinked(views));
  buildVerdicts(main, findings);
  // Prints in the light theme.
  let theme = '';
  addEventListener('afterprint', () => setTheme(theme));
  addEventListener('beforeprint', () => {
    theme = document.documentElement.dataset.theme;
    setTheme('light');
    for (const timeline of timelines) timeline.prepareForPaper();
  });
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
}

build();
