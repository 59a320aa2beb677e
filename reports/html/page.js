// The page: verdicts, findings, campaigns. `report` is what reports/html.cc wrote into #data.

const report = JSON.parse(document.getElementById('data').textContent);
const timelines = [];
const MOST_LINKS = 8;  // shown at first for a cell of the table
const MOST_OPEN = 3;   // findings that are open at first

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  for (const timeline of timelines) timeline.draw();
}

function buildHeader() {
  const scenarios = report.run.scenarios;
  const met = scenarios.filter(scenario => scenario.met).length;
  const findings = allFindings().length;
  const title = scenarios.length === 1 ? scenarios[0].name : 'Heddle report';
  document.title = `${report.run.met ? '✓' : '✗'} ${title} · Heddle`;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  setTheme(dark.matches ? 'dark' : 'light');
  dark.addEventListener('change', () => setTheme(dark.matches ? 'dark' : 'light'));
  const flip = () => setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
  document.getElementById('top').append(
    make('div', {class: 'head'}, make('h1', {}, title),
         make('span', {class: `badge ${report.run.met ? 'good' : 'bad'}`},
              `${met} of ${plural(scenarios.length, 'scenario')} as expected`),
         findings ? make('span', {class: 'soft'}, plural(findings, 'distinct finding')) : null,
         make('span', {class: 'spring'}),
         make('button', {onclick: flip, title: 'Switch between light and dark'}, '◐'),
         make('button', {onclick: () => print()}, 'Print')),
    ...(scenarios.length === 1 ? [make('p', {class: 'soft'}, scenarios[0].description)] : []));
}

function allFindings() {
  const all = [];
  for (const scenario of report.run.scenarios) {
    for (const cell of scenario.cells) {
      for (const finding of cell.findings) all.push({scenario, cell, finding, id: `f${all.length + 1}`});
    }
  }
  return all;
}

function verdict(scenario, cell) {
  if (cell.met) return make('span', {class: 'badge good'}, 'as expected');
  if (scenario.interrupted) return make('span', {class: 'badge warn'}, 'interrupted');
  return make('span', {class: 'badge bad'}, 'not as expected');
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
  const rows = [];
  for (const scenario of report.run.scenarios) {
    const cells = scenario.cells.map(cell => make('tr', {},
      make('td', {}, scenario.name), make('td', {}, cell.dispatcher), make('td', {}, cell.flavour),
      make('td', {class: 'number'}, count(cell.runs)),
      make('td', {class: 'number'}, seconds(cell.seconds)),
      make('td', {}, verdict(scenario, cell)),
      make('td', {}, cell.reason || cellFacts(cell),
           findingLinks(findings.filter(entry => entry.cell === cell)))));
    rows.push(...cells);
    if (scenario.environment) {
      rows.push(make('tr', {}, make('td', {}, scenario.name), make('td', {}), make('td', {}),
        make('td', {}), make('td', {}), make('td', {}, make('span', {class: 'badge warn'}, 'cannot run')),
        make('td', {}, scenario.environment)));
    }
  }
  main.append(make('h2', {}, 'Verdicts'), make('div', {class: 'scroll'}, make('table', {},
    make('thead', {}, make('tr', {}, [['scenario'], ['dispatcher'], ['flavour'], ['runs', 'number'],
      ['time', 'number'], ['verdict'], ['result']].map(([name, kind]) =>
        make('th', {class: kind || null, scope: 'col'}, name)))),
    make('tbody', {}, rows))));
}

function findingLinks(findings) {
  const links = findings.map(entry => make('div', {},
    make('a', {href: `#${entry.id}`}, `${entry.finding.kind} ${whereOf(entry.finding)}`)));
  if (links.length <= MOST_LINKS) return links;
  return [links.slice(0, MOST_LINKS), make('details', {},
    make('summary', {class: 'soft'}, `and ${count(links.length - MOST_LINKS)} more`),
    links.slice(MOST_LINKS))];
}

// The innermost own frame of the first stack that shows the error.
function whereOf(finding) {
  for (const stack of finding.stacks.filter(each => each.access)) {
    const frame = stack.frames.find(each => each.own);
    if (frame) return `in ${shortFunction(frame.function)}`;
  }
  return finding.detail === finding.kind ? '' : finding.detail;
}

function stackView(stack) {
  const own = stack.frames.filter(frame => frame.own);
  const top = own[0] || stack.frames[0];
  const item = frame => make('li', {class: frame.own ? '' : 'foreign'},
    shortFunction(frame.function || '??'), ' ', make('span', {class: 'where'},
      frame.file ? `${shortPath(frame.file, report.root)}${frame.line ? `:${frame.line}` : ''}`
                 : frame.module.slice(frame.module.lastIndexOf('/') + 1)));
  const main = own.length ? own : stack.frames.slice(0, 1);
  return make('div', {class: stack.access ? 'stack access' : 'stack'},
    make('h4', {}, stack.title),
    top ? sourceView(report.sources, report.root, top.file, top.line, 3) : null,
    stack.frames.length === 0 ? make('p', {class: 'soft'}, 'No stack is available.') : null,
    make('ol', {}, main.map(item)),
    main.length < stack.frames.length
      ? make('details', {}, make('summary', {}, `all ${stack.frames.length} frames`),
             make('ol', {}, stack.frames.map(item)))
      : null);
}

// The same as in reports/summary.cc.
function againCommand(scenario, cell, finding) {
  if (finding.schedule) return `heddle replay ${finding.schedule}`;
  if (cell.dispatcher === 'program') return scenario.again;
  return `${scenario.again} --dispatcher ${cell.dispatcher} --flavour ${cell.flavour}`;
}

function commandView(command) {
  const button = make('button', {onclick: async () => {
    await navigator.clipboard.writeText(command);
    button.textContent = 'copied';
  }}, 'copy');
  return make('div', {class: 'command'}, make('code', {}, command), button);
}

function findingView({scenario, cell, finding, id}) {
  const fact = (name, value) => value ? make('div', {}, make('dt', {}, name),
                                             make('dd', {}, value)) : null;
  const article = make('details', {class: 'finding', id, open: Number(id.slice(1)) <= MOST_OPEN},
    make('summary', {}, make('span', {class: finding.status !== 'unexpected' ? 'badge warn'
                                                                                  : 'badge bad'},
                        finding.kind), make('strong', {}, whereOf(finding))),
    make('p', {class: 'message'}, finding.message),
    make('dl', {class: 'facts'},
      fact('scenario', scenario.name), fact('dispatcher', cell.dispatcher), fact('flavour', cell.flavour),
      fact('found by', finding.source),
      fact(cell.explored ? 'first in schedule' : 'first in run', count(finding.first_run)),
      fact('seen in', `${count(finding.runs)} of ${count(cell.runs)}`),
      fact('dedup key', make('code', {}, finding.signature))),
    commandView(againCommand(scenario, cell, finding)));
  const stacks = finding.stacks;
  if (stacks.length) {
    const main = stacks.filter(stack => stack.access);
    const rest = stacks.filter(stack => !stack.access);
    article.append(make('div', {class: 'stacks'}, (main.length ? main : stacks).map(stackView)));
    if (main.length && rest.length) {
      article.append(make('details', {class: 'text'},
        make('summary', {}, plural(rest.length, 'more stack') + ' (where objects and threads were created)'),
        make('div', {class: 'stacks'}, rest.map(stackView))));
    }
  }
  const timeline = finding.schedule && report.timelines[finding.schedule];
  if (timeline) {
    const box = make('div', {});
    article.append(make('h3', {}, 'The interleaving'), timelineNote(timeline), box);
    if (timeline.steps) article.drawTimeline = () => {
      timelines.push(new Timeline(box, forFinding(timeline, finding), report));
    };
  }
  if (finding.chains && finding.chains.length) article.append(chainsView(finding.chains));
  if (finding.text) {
    article.append(make('details', {class: 'text'}, make('summary', {}, `Report of ${finding.source}`),
                        make('pre', {}, finding.text)));
  }
  return article;
}

// One execution can have several findings. Each shows its own marks.
function forFinding(timeline, finding) {
  return Object.assign({}, timeline, {marks: timeline.marks.filter(
    mark => !mark.signature || mark.signature === finding.signature)});
}

function timelineNote(timeline) {
  if (timeline.error) return make('p', {class: 'notice'}, timeline.error);
  const parts = [`${plural(timeline.steps, 'step')}`, `${plural(timeline.switches, 'switch', 'switches')}`,
                 `${duration(timeline.virtual_ns)} of virtual time`,
                 `strategy ${timeline.strategy}, seed ${timeline.seed}, execution ${timeline.execution}`,
                 `replayed in ${timeline.flavour}`];
  return make('div', {}, make('p', {class: 'soft'}, parts.join(' · ')),
              timeline.difference ? make('p', {class: 'notice'},
                `The replay is not as recorded, so it marks no steps of the finding: ${timeline.difference}`) : null);
}

function buildCampaigns(main) {
  const boxes = [];
  for (const scenario of report.run.scenarios) {
    for (const cell of scenario.cells) {
      const curve = cell.explored && cell.explored.curve;
      if (!curve || curve.length === 0) continue;
      boxes.push(make('h3', {}, `${scenario.name}, ${cell.dispatcher} ${cell.flavour}`),
        make('p', {class: 'soft'}, `${plural(cell.explored.schedules, 'schedule')}, ` +
             `${plural(cell.explored.points, 'schedule point')} in ${seconds(cell.seconds)}`),
        curvesView(curve));
    }
  }
  if (boxes.length) main.append(make('h2', {}, 'Campaigns'), ...boxes);
}

// A folded finding is built when it is opened, because there may be hundreds. Its timeline measures its
// place on the page, so it is drawn after the finding is on the page.
function lazily(entry) {
  const article = findingView(entry);
  const draw = () => {
    if (!article.open || !article.drawTimeline) return;
    article.drawTimeline();
    article.drawTimeline = null;
  };
  article.addEventListener('toggle', draw);
  return article;
}

// Opens the finding that the address names.
function openLinked() {
  const target = document.getElementById(location.hash.slice(1));
  if (target && target.classList.contains('finding')) {
    target.open = true;
    target.scrollIntoView();
  }
}

function build() {
  const main = document.getElementById('main');
  const findings = allFindings();
  buildHeader();
  buildVerdicts(main, findings);
  if (findings.length) main.append(make('h2', {}, 'Findings'));
  for (const entry of findings) main.append(lazily(entry));
  openLinked();
  addEventListener('hashchange', openLinked);
  buildCampaigns(main);
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
