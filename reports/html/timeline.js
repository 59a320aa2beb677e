// The interleaving of one schedule: a lane for each thread, and a list of the steps.
//
// Columns are typed arrays with one entry for each step. Each frame draws only the visible steps, so the
// cost of a frame does not depend on the number of steps.

const CATEGORIES = [
  ['thread', 'threads', /^(thread|once|static)/],
  ['lock', 'locks', /^(mutex|read-|write-|try-|timed-|rw|spin)/],
  ['wait', 'waiting', /^(cond|sem|barrier|futex)/],
  ['atomic', 'atomics', /^(atomic|fence)/],
  ['memory', 'memory', /^(allocate|free|memory)/],
  ['io', 'files', /^io/],
  ['time', 'time', /./],
];
const ROW = 22;       // height of a row of the list, px
const WIDE = 168;     // width of the lanes' names
const NARROW = 84;    // the same on a small screen
const AXIS = 54;      // height of the labels of marks, and of the axis below them
const FLAG = 16;      // height of a label; they are in two rows
const MOST_FITTED = 260;  // steps: so far apart, the marks are shown together at first
const BLOCKS = 4;     // px for a step from which steps are drawn as blocks
const MOST_EDGES = 500;

function decodeColumn(column) {
  const text = atob(column.data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  if (column.width === 1) return bytes;
  return column.width === 2 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
}

class Timeline {
  // `data` as reports/timeline.h describes it; `context` has {sources, root, title, onSelect}.
  constructor(parent, data, context) {
    this.data = data;
    this.context = context;
    this.steps = data.steps;
    for (const name of ['thread', 'kind', 'object', 'stack']) {
      this[name] = decodeColumn(data.columns[name]);
    }
    this.time = new Float64Array(this.steps);
    const deltas = decodeColumn(data.columns.time);
    let now = 0;
    for (let i = 0; i < this.steps; ++i) this.time[i] = now += deltas[i] * data.time_unit;
    this.edgeFrom = decodeColumn(data.edges.from);
    this.edgeTo = decodeColumn(data.edges.to);
    this.edgeKind = decodeColumn(data.edges.kind);
    this.category = data.kinds.map(kind => CATEGORIES.findIndex(c => c[2].test(kind)));
    this.marks = data.marks;
    this.markOf = new Map();
    for (const mark of data.marks) {
      const before = this.markOf.get(mark.step);
      if (!before || ROLE_COLOR[mark.role] === 'mark') this.markOf.set(mark.step, mark);
    }
    this.inserted = data.inserted;
    this.insertedSet = new Set(data.inserted);
    // The most useful frame: the innermost frame of the program's own code.
    this.top = data.stacks.map(stack => {
      const own = stack.find(frame => data.frames[frame].own);
      return own === undefined ? stack[0] : own;
    });
    this.shown = data.threads.map(() => true);
    this.rows = null;  // indices of the steps that pass the filters; null: all
    this.lit = null;   // one byte a step; null: all
    this.filters = 0;  // number of changes
    const rows = data.marks.map(mark => mark.step);
    const last = rows.length ? Math.max(...rows) : this.steps - 1;
    const worst = data.marks.filter(mark => mark.role === 'access').map(mark => mark.step);
    this.selected = Math.max(0, Math.min(worst.length ? Math.max(...worst) : last, this.steps - 1));
    this.start = 0;
    this.end = this.steps;
    this.build(parent);
    // All marks at first, if they are close enough to be told apart.
    const first = rows.length ? Math.min(...rows) : last;
    if (last - first < MOST_FITTED) {
      const margin = Math.max(4, (last - first) * 0.1);
      this.look(first - margin, Math.max(last + margin, first + 20));
    } else {
      this.look(last - 70, last + 20);
    }
    this.select(this.selected, 'jump');
  }

  get gutter() { return this.canvas.clientWidth < 560 ? NARROW : WIDE; }

  // Selects a step that a link on the page names.
  show(row) {
    this.select(row);
    this.box.scrollIntoView({block: 'nearest'});
    this.canvas.focus({preventScroll: true});
  }

  // --- Numbers: what is inserted among the steps has the number of the step before it ---

  isInserted(i) { return this.insertedSet.has(i); }
  number(i) {
    let before = 0;
    while (before < this.inserted.length && this.inserted[before] <= i) ++before;
    return i - before;
  }
  numberText(i) { return this.isInserted(i) ? `${count(this.number(i))}+` : count(this.number(i)); }

  // --- Names ---

  threadName(lane) { return this.data.threads[lane].name; }

  operation(i) {
    if (this.isInserted(i)) {
      const mark = this.markOf.get(i);
      if (mark) return mark.text;
    }
    const object = this.object[i];
    const name = this.data.objects[object];
    return this.data.kinds[this.kind[i]] + (name ? ` ${name}` : object ? ` #${object}` : '');
  }

  frame(i) {
    const index = this.top[this.stack[i]];
    return index === undefined ? null : this.data.frames[index];
  }

  // "store.cc:120 Store::OnBlock"
  place(i) {
    const frame = this.frame(i);
    if (!frame) return '';
    const file = frame.file.slice(frame.file.lastIndexOf('/') + 1);
    const name = lastParts(frame.function);
    return (frame.line ? `${file}:${frame.line} ` : '') + name;
  }

  // --- Building ---

  build(parent) {
    this.box = make('section', {class: 'timeline',
      'aria-label': `Interleaving: ${this.context.title}`});
    parent.append(this.box);
    const search = (name, label, hint) => {
      this[name] = make('input', {type: 'search', placeholder: hint, 'aria-label': label,
                                  oninput: () => this.filter()});
      return this[name];
    };
    const button = (text, title, action) => make('button', {type: 'button', title, onclick: action}, text);
    this.toggles = this.data.threads.map((thread, lane) =>
      make('button', {type: 'button', 'aria-pressed': 'true', title: 'Show or hide this thread',
                      onclick: () => this.toggle(lane)}, thread.name));
    this.found = make('span', {class: 'soft', 'aria-live': 'polite'});
    this.hits = make('span', {class: 'tabs', hidden: true},
      button('‹', 'Previous hit (Shift+N)', () => this.toHit(-1)),
      button('›', 'Next hit (N)', () => this.toHit(1)));
    this.box.append(
      make('div', {class: 'bar'},
           this.toggles,
           search('objectFilter', 'Filter by object or operation', 'object or operation'),
           search('functionFilter', 'Filter by function or file', 'function or file'),
           this.hits, this.found, make('span', {class: 'spring'}),
           button('◂ mark', 'Previous mark (Shift+M)', () => this.toMark(-1)),
           button('mark ▸', 'Next mark (M)', () => this.toMark(1)),
           button('−', 'Zoom out (-)', () => this.zoom(1.6)),
           button('+', 'Zoom in (+)', () => this.zoom(1 / 1.6)),
           button('all', 'The whole schedule (0)', () => this.look(0, this.steps))));
    this.overview = make('canvas', {class: 'overview', 'aria-hidden': 'true'});
    this.canvas = make('canvas', {class: 'main', tabindex: '0', role: 'application',
      'aria-label': 'Timeline: arrow keys select steps, W and S zoom, A and D move, M goes to the ' +
                    'next mark'});
    this.card = make('div', {class: 'card', hidden: true, 'aria-hidden': 'true'});
    this.box.append(make('div', {class: 'lanes'}, this.overview, this.canvas, this.card),
                    this.legend());
    this.list = make('div', {class: 'steps', tabindex: '0', role: 'listbox',
                             'aria-label': 'Steps of the schedule'});
    this.spacer = make('div', {});
    this.list.append(this.spacer);
    this.detail = make('div', {class: 'step', tabindex: '0', role: 'region',
                               'aria-label': 'The selected step'});
    this.paper = make('div', {class: 'onpaper'});
    this.box.append(make('div', {class: 'under'}, this.list, this.detail), this.paper, this.help());
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    this.showRows();
  }

  legend() {
    const used = new Set(this.data.kinds.map((_, kind) => this.category[kind]));
    return make('p', {class: 'legend'},
      CATEGORIES.filter((_, i) => used.has(i)).map(([name, label]) =>
        make('span', {}, make('i', {style: `background: var(--op-${name})`}), label)),
      make('span', {}, make('i', {style: 'background: var(--switch)'}), 'thread switch'),
      make('span', {}, make('i', {style: 'background: var(--edge)'}), 'happens before'),
      this.marks.length ? make('span', {}, make('i', {style: 'background: var(--mark)'}), 'finding') : null,
      this.marks.some(mark => mark.about)
        ? make('span', {}, make('i', {class: 'dashed'}), 'close to here: the access is not a schedule point')
        : null);
  }

  help() {
    const key = name => make('kbd', {}, name);
    return make('p', {class: 'keys'}, key('←'), key('→'), ' step   ', key('['), key(']'),
                ' thread switch   ', key('M'), ' mark   ', key('W'), key('S'), ' zoom   ',
                key('A'), key('D'), ' move   ', key('0'), ' all   ', key('/'), ' search   ', key('N'),
                ' hit   ', key('Home'), key('End'), ' ends   Ctrl + wheel zooms, drag moves');
  }

  listen() {
    const canvas = this.canvas;
    canvas.addEventListener('keydown', event => this.key(event));
    this.list.addEventListener('keydown', event => this.key(event));
    canvas.addEventListener('wheel', event => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this.zoom(Math.exp(event.deltaY * 0.002), this.stepAt(event.offsetX));
      } else if (event.deltaX !== 0 || event.shiftKey) {
        event.preventDefault();
        this.pan((event.deltaX || event.deltaY) / this.scale());
      }
    }, {passive: false});
    let from = null;
    canvas.addEventListener('pointerdown', event => {
      from = {x: event.offsetX, start: this.start, moved: false};
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', event => {
      if (!from) return this.hoverAt(event);
      if (Math.abs(event.offsetX - from.x) > 3) from.moved = true;
      if (from.moved) {
        const span = this.end - this.start;
        const start = from.start + (from.x - event.offsetX) / this.scale();
        this.look(start, start + span, true);
      }
    });
    canvas.addEventListener('pointerup', event => {
      if (from && !from.moved) this.pick(event);
      from = null;
    });
    canvas.addEventListener('pointerleave', () => { this.card.hidden = true; });
    canvas.addEventListener('dblclick', event => this.zoom(0.4, this.stepAt(event.offsetX)));
    const jump = event => {
      if (event.buttons === 0) return;
      const width = this.overview.clientWidth - this.gutter;
      const step = (event.offsetX - this.gutter) / width * this.steps;
      const span = this.end - this.start;
      this.look(step - span / 2, step + span / 2, true);
    };
    this.overview.addEventListener('pointerdown', event => {
      this.overview.setPointerCapture(event.pointerId);
      jump(event);
    });
    this.overview.addEventListener('pointermove', jump);
    this.list.addEventListener('scroll', () => {
      this.showRows();
      if (this.following) return;
      // The lanes follow the list.
      const rows = this.list.clientHeight / ROW;
      const middle = this.stepOfRow(Math.round(this.list.scrollTop / ROW + rows / 2));
      const span = this.end - this.start;
      this.look(middle - span / 2, middle + span / 2, false);
    });
    this.list.addEventListener('click', event => {
      const row = event.target.closest('.row');
      if (row) this.select(Number(row.dataset.step), 'list');
    });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      ArrowLeft: () => this.move(-1), ArrowRight: () => this.move(1),
      ArrowUp: () => this.move(-1), ArrowDown: () => this.move(1),
      PageUp: () => this.move(-20), PageDown: () => this.move(20),
      Home: () => this.select(this.stepOfRow(0)),
      End: () => this.select(this.stepOfRow(this.rowCount() - 1)),
      '[': () => this.toSwitch(-1), ']': () => this.toSwitch(1),
      m: () => this.toMark(1), M: () => this.toMark(-1),
      n: () => this.toHit(1), N: () => this.toHit(-1), '/': () => this.objectFilter.focus(),
      w: () => this.zoom(1 / 1.6, this.selected), s: () => this.zoom(1.6, this.selected),
      a: () => this.pan((this.start - this.end) / 5), d: () => this.pan((this.end - this.start) / 5),
      '+': () => this.zoom(1 / 1.6, this.selected), '=': () => this.zoom(1 / 1.6, this.selected),
      '-': () => this.zoom(1.6, this.selected), 0: () => this.look(0, this.steps),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }

  // --- Filters ---

  toggle(lane) {
    this.shown[lane] = !this.shown[lane];
    this.toggles[lane].setAttribute('aria-pressed', String(this.shown[lane]));
    this.filter();
  }

  filter() {
    const object = this.objectFilter.value.trim().toLowerCase();
    const place = this.functionFilter.value.trim().toLowerCase();
    const all = object === '' && place === '' && this.shown.every(Boolean);
    this.lit = null;
    this.rows = null;
    ++this.filters;
    if (!all) {
      const number = /^#?(\d+)$/.exec(object);
      const kinds = this.data.kinds.map(kind => kind.includes(object));
      const named = new Set(Object.keys(this.data.objects)
        .filter(id => this.data.objects[id].toLowerCase().includes(object)).map(Number));
      const frames = this.data.frames.map(
        frame => `${frame.function} ${frame.file}:${frame.line}`.toLowerCase().includes(place));
      const stacks = this.data.stacks.map(stack => stack.some(frame => frames[frame]));
      this.lit = new Uint8Array(this.steps);
      const rows = [];
      for (let i = 0; i < this.steps; ++i) {
        if (!this.shown[this.thread[i]]) continue;
        if (place !== '' && !stacks[this.stack[i]]) continue;
        if (object !== '' && (number ? this.object[i] !== Number(number[1])
                                     : !kinds[this.kind[i]] && !named.has(this.object[i]))) {
          continue;
        }
        this.lit[i] = 1;
        rows.push(i);
      }
      this.rows = Uint32Array.from(rows);
    }
    this.hits.hidden = all || this.rowCount() === 0;
    this.showFound();
    this.showRows(true);
    this.scrollTo(this.selected);
    this.draw();
  }

  showFound() {
    if (!this.rows) {
      this.found.textContent = '';
      return;
    }
    const row = this.rowCount() ? this.rowOf(this.selected) : -1;
    const at = row >= 0 && this.rows[row] === this.selected ? `${count(row + 1)} of ` : '';
    this.found.textContent = at + plural(this.rowCount(), 'hit');
  }

  toHit(by) {
    if (!this.rows || this.rows.length === 0) return;
    const row = this.rowOf(this.selected);
    const exact = this.rows[row] === this.selected;
    const next = exact || by < 0 ? row + by : row;
    this.select(this.rows[(next + this.rows.length) % this.rows.length]);
  }

  rowCount() { return this.rows ? this.rows.length : this.steps; }

  stepOfRow(row) {
    const most = this.rowCount() - 1;
    if (most < 0) return 0;
    const at = Math.max(0, Math.min(row, most));
    return this.rows ? this.rows[at] : at;
  }

  // The row of `step`, or of the next one that is shown.
  rowOf(step) {
    if (!this.rows) return step;
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle] < step) low = middle + 1; else high = middle;
    }
    return Math.min(low, this.rows.length - 1);
  }

  // --- Moving ---

  scale() { return Math.max(1, this.canvas.clientWidth - this.gutter) / (this.end - this.start); }
  x(step) { return this.gutter + (step - this.start) * this.scale(); }
  stepAt(x) { return this.start + (x - this.gutter) / this.scale(); }

  look(start, end, lead) {
    const span = Math.max(8, Math.min(end - start, this.steps));
    start = Math.max(0, Math.min(start, this.steps - span));
    this.start = start;
    this.end = Math.max(start + span, start + 1);
    if (lead) this.scrollTo(start + span / 2, true);
    this.draw();
  }

  pan(by) { this.look(this.start + by, this.end + by, true); }

  zoom(factor, around) {
    const middle = around === undefined
      ? (this.selected >= this.start && this.selected < this.end ? this.selected + 0.5
                                                                : (this.start + this.end) / 2)
      : around;
    this.look(middle - (middle - this.start) * factor, middle + (this.end - middle) * factor);
  }

  focusOn(step, span) {
    this.look(step - span / 2, step + span / 2);
    this.select(step, 'jump');
  }

  move(by) {
    let row = this.rowOf(this.selected);
    // From a step that is filtered out, the first move goes to the nearest visible step.
    if (this.stepOfRow(row) === this.selected || by < 0) row += by;
    this.select(this.stepOfRow(row));
  }

  toSwitch(by) {
    let i = this.selected + by;
    while (i > 0 && i < this.steps && this.thread[i] === this.thread[i - 1]) i += by;
    this.select(Math.max(0, Math.min(i, this.steps - 1)));
  }

  toMark(by) {
    if (this.marks.length === 0) return;
    const steps = [...new Set(this.marks.map(mark => mark.step))].sort((a, b) => a - b);
    const next = by > 0 ? steps.find(step => step > this.selected)
                        : steps.reverse().find(step => step < this.selected);
    this.select(next === undefined ? steps[0] : next);
  }

  select(step, from) {
    this.selected = step;
    const margin = (this.end - this.start) * 0.08;
    if (step < this.start + margin || step > this.end - margin) {
      const span = this.end - this.start;
      this.look(step - span / 2, step + span / 2);
    }
    if (from !== 'list') this.scrollTo(step, from === 'jump');
    this.showRows(true);
    this.showDetail();
    this.showFound();
    this.draw();
    if (this.context.onSelect) this.context.onSelect(this, from !== 'jump');
  }

  // What lies under the pointer, beside it.
  hoverAt(event) {
    const i = this.hit(event);
    this.card.hidden = i === null;
    if (i === null) return;
    const mark = this.markOf.get(i);
    const frame = this.frame(i);
    const lines = frame && this.context.sources[frame.file];
    this.card.replaceChildren(
      make('div', {}, make('strong', {}, this.threadName(this.thread[i])), ` ${this.operation(i)}`),
      mark ? make('div', {class: 'marked'}, mark.label) : '',
      make('div', {class: 'soft'}, `step ${this.numberText(i)} · ${this.place(i)}`),
      lines && lines[frame.line] ? make('code', {}, lines[frame.line].trim()) : '');
    const room = this.canvas.clientWidth - this.card.offsetWidth - 8;
    this.card.style.left = `${Math.max(0, Math.min(event.offsetX + 14, room))}px`;
    this.card.style.top = `${this.overview.clientHeight + event.offsetY + 18}px`;
  }

  hit(event) {
    const i = Math.floor(this.stepAt(event.offsetX));
    return event.offsetX < this.gutter || i < 0 || i >= this.steps ? null : i;
  }

  // The nearest step in the lane that was clicked, if there is one close by.
  pick(event) {
    const at = this.hit(event);
    if (at === null) return;
    const lane = Math.floor((event.offsetY - AXIS) / this.laneHeight());
    const reach = Math.max(1, Math.ceil(6 / this.scale()));
    for (let distance = 0; distance <= reach; ++distance) {
      for (const i of [at - distance, at + distance]) {
        if (i >= 0 && i < this.steps && this.thread[i] === lane) return this.select(i);
      }
    }
    this.select(at);
  }

  // --- The list ---

  scrollTo(step, centre) {
    const row = this.rowOf(Math.round(Math.max(0, Math.min(step, this.steps - 1))));
    const height = this.list.clientHeight || 400;
    const top = row * ROW;
    const at = this.list.scrollTop;
    if (!centre && top >= at + ROW && top <= at + height - 2 * ROW) return;
    this.following = true;
    this.list.scrollTop = Math.max(0, top - height / 2 + ROW);
    requestAnimationFrame(() => requestAnimationFrame(() => { this.following = false; }));
  }

  showRows(anew) {
    const total = this.rowCount();
    this.spacer.style.height = `${total * ROW}px`;
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW) - 6);
    const last = Math.min(total, first + Math.ceil((this.list.clientHeight || 400) / ROW) + 12);
    if (!anew && this.firstRow === first && this.lastRow === last) return;
    this.firstRow = first;
    this.lastRow = last;
    const rows = [this.spacer];
    for (let row = first; row < last; ++row) rows.push(this.row(row));
    this.list.replaceChildren(...rows);
  }

  row(row) {
    const i = this.stepOfRow(row);
    const mark = this.markOf.get(i);
    const classes = ['row', i === this.selected ? 'selected' : '',
                     mark ? ROLE_COLOR[mark.role] : ''].filter(Boolean);
    const category = CATEGORIES[this.category[this.kind[i]]][0];
    return make('div', {class: classes.join(' '), style: `top: ${row * ROW}px`, 'data-step': i,
                        role: 'option', 'aria-selected': String(i === this.selected),
                        title: mark ? mark.label : null},
      make('span', {class: 'n'}, this.numberText(i)), make('span', {class: 't'}, duration(this.time[i])),
      make('span', {}, this.threadName(this.thread[i])),
      make('span', {}, make('i', {class: 'dot', style: `background: var(--op-${category})`}),
           this.operation(i)),
      make('span', {}, this.place(i)));
  }

  showDetail() {
    const i = this.selected;
    if (this.steps === 0) return;
    const data = this.data;
    const link = (step, text) => make('li', {}, text,
      make('button', {type: 'button', class: 'goto', onclick: () => this.select(step)},
           `step ${this.numberText(step)}`),
      ` ${this.threadName(this.thread[step])}: ${this.operation(step)}`);
    const edges = [];
    for (const e of this.edgesAt(i)) {
      const kind = data.edge_kinds[this.edgeKind[e]];
      edges.push(this.edgeTo[e] === i ? link(this.edgeFrom[e], `after (${kind}) `)
                                      : link(this.edgeTo[e], `before (${kind}) `));
    }
    const marks = this.marks.filter(mark => mark.step === i);
    const frames = data.stacks[this.stack[i]].map(index => data.frames[index]);
    const top = this.frame(i);
    this.detail.replaceChildren(
      make('h4', {}, `${this.threadName(this.thread[i])}: ${this.operation(i)}`),
      make('div', {class: 'soft'}, this.isInserted(i)
        ? `behind step ${count(this.number(i))}: not a schedule point itself`
        : `step ${this.numberText(i)} of ${count(this.data.points)}, at ` +
          `${duration(this.time[i])} of virtual time`),
      ...marks.map(mark => make('p', {class: `marked ${ROLE_COLOR[mark.role]}`}, mark.label)),
      edges.length ? make('ul', {}, edges) : '',
      top ? sourceView(this.context.sources, this.context.root, top, 3) || '' : '',
      frames.length ? make('ol', {}, frames.map(frameItem)) : '',
      frames.length === 0 ? make('p', {class: 'soft'}, 'This operation has no stack.') : '');
  }

  // --- Edges ---

  // Indices into the edges, which are in ascending order of their ends.
  edgesAt(step) {
    const found = [];
    for (let e = 0; e < this.edgeTo.length; ++e) {
      if (this.edgeTo[e] === step || this.edgeFrom[e] === step) found.push(e);
      if (found.length > 40) break;
    }
    return found;
  }

  firstEdgeTo(step) {
    let low = 0;
    let high = this.edgeTo.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.edgeTo[middle] < step) low = middle + 1; else high = middle;
    }
    return low;
  }

  // --- Drawing ---

  laneHeight() { return this.data.threads.length > 10 ? 24 : 36; }

  draw() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.paint();
    });
  }

  colors() {
    const color = name => themeColor(`--${name}`);
    return {
      ops: CATEGORIES.map(([name]) => color(`op-${name}`)), paper: color('paper'),
      panel: color('panel'), line: color('line'), text: color('text'), soft: color('soft'),
      edge: color('edge'), change: color('switch'), mark: color('mark'), near: color('near'), made: color('made'),
      focus: color('focus'),
    };
  }

  surface(canvas, height) {
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth;
    canvas.style.height = `${height}px`;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext('2d');
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return pen;
  }

  paint() {
    const width = this.canvas.clientWidth;
    if (width === 0 || this.steps === 0) return;
    const colors = this.colors();
    const lane = this.laneHeight();
    const height = AXIS + lane * this.data.threads.length + 6;
    const pen = this.surface(this.canvas, height);
    pen.font = `12px ${themeColor('--sans')}`;
    pen.textBaseline = 'middle';
    this.paintLanes(pen, colors, width, lane);
    pen.save();
    pen.beginPath();
    pen.rect(this.gutter, 0, width - this.gutter, height);
    pen.clip();
    this.paintAxis(pen, colors, width, height);
    this.paintMarks(pen, colors, height);
    if (this.scale() >= BLOCKS) {
      this.paintSwitches(pen, colors, lane);
      this.paintBlocks(pen, colors, lane);
    } else {
      this.paintColumns(pen, colors, lane, this.gutter, width - this.gutter, this.start, this.end, AXIS);
    }
    this.paintEdges(pen, colors, lane);
    this.paintSelection(pen, colors, lane, height);
    pen.restore();
    this.paintOverview(colors);
  }

  paintLanes(pen, colors, width, lane) {
    this.data.threads.forEach((thread, i) => {
      const y = AXIS + i * lane;
      if (i % 2 === 0) {
        pen.fillStyle = colors.panel;
        pen.fillRect(0, y, width, lane);
      }
      pen.globalAlpha = this.shown[i] ? 1 : 0.4;
      pen.fillStyle = colors.text;
      pen.fillText(clip(pen, thread.name, this.gutter - 20), 10, y + lane / 2);
      pen.globalAlpha = 1;
    });
  }

  paintAxis(pen, colors, width, height) {
    const target = 150 / this.scale();
    let every = 10 ** Math.floor(Math.log10(target));
    if (every * 5 < target) every *= 10; else if (every * 2 < target) every *= 5;
    else if (every < target) every *= 2;
    every = Math.max(1, every);
    pen.font = `11px ${themeColor('--sans')}`;
    for (let step = Math.ceil(this.start / every) * every; step < Math.min(this.end, this.steps);
         step += every) {
      const x = Math.round(this.x(step)) + 0.5;
      pen.strokeStyle = colors.line;
      pen.beginPath();
      pen.moveTo(x, AXIS - 5);
      pen.lineTo(x, height);
      pen.stroke();
      pen.fillStyle = colors.soft;
      pen.fillText(`${this.numberText(step)}${this.time[this.steps - 1] > 0
        ? ` · ${duration(this.time[step])}` : ''}`, x + 3, AXIS - 10);
    }
  }

  // A band across the lanes, and a label above them in the first of two rows that has room.
  paintMarks(pen, colors, height) {
    const ends = [-Infinity, -Infinity];
    pen.font = `600 11px ${themeColor('--sans')}`;
    for (const mark of [...this.marks].sort((a, b) => a.step - b.step)) {
      const x = this.x(mark.step);
      const wide = Math.max(3, this.scale());
      if (x + wide < this.gutter || mark.step > this.end) continue;
      const color = colors[ROLE_COLOR[mark.role]];
      pen.fillStyle = color;
      pen.globalAlpha = 0.18;
      pen.fillRect(x, 2 * FLAG + 2, wide, height - 2 * FLAG - 2);
      pen.globalAlpha = 1;
      const text = clip(pen, mark.about ? `${mark.text} (about here)` : mark.text, 210);
      const width = pen.measureText(text).width + 10;
      const edge = this.canvas.clientWidth - width - 2;
      const left = Math.max(this.gutter, Math.min(x + wide / 2 - 6, edge));
      const row = ends[0] <= left ? 0 : ends[1] <= left ? 1 : -1;
      pen.fillRect(x + wide / 2 - 1, row < 0 ? 2 * FLAG : row * FLAG + 2, 2,
                   AXIS - (row < 0 ? 2 * FLAG : row * FLAG + 2));
      if (row < 0) continue;
      ends[row] = left + width + 2;
      pen.fillRect(left, row * FLAG + 1, width, FLAG - 2);
      pen.fillStyle = colors.paper;
      pen.fillText(text, left + 5, row * FLAG + FLAG / 2 + 0.5);
    }
  }

  paintSwitches(pen, colors, lane) {
    pen.strokeStyle = colors.change;
    pen.lineWidth = 1.5;
    pen.beginPath();
    const first = Math.max(1, Math.floor(this.start));
    const last = Math.min(this.steps, Math.ceil(this.end) + 1);
    for (let i = first; i < last; ++i) {
      if (this.thread[i] === this.thread[i - 1]) continue;
      const x = this.x(i);
      pen.moveTo(x, AXIS + (this.thread[i - 1] + 0.5) * lane);
      pen.lineTo(x, AXIS + (this.thread[i] + 0.5) * lane);
    }
    pen.stroke();
    pen.lineWidth = 1;
  }

  paintBlocks(pen, colors, lane) {
    const scale = this.scale();
    const last = Math.min(this.steps, Math.ceil(this.end));
    const gap = scale > 12 ? 2 : 1;
    pen.font = `11px ${themeColor('--sans')}`;
    for (let i = Math.max(0, Math.floor(this.start)); i < last; ++i) {
      const x = this.x(i) + gap / 2;
      const y = AXIS + this.thread[i] * lane + 5;
      const mark = this.markOf.get(i);
      pen.globalAlpha = this.lit && !this.lit[i] ? 0.18 : 1;
      pen.fillStyle = colors.ops[this.category[this.kind[i]]];
      pen.fillRect(x, y, scale - gap, lane - 10);
      if (mark) {
        pen.strokeStyle = colors[ROLE_COLOR[mark.role]];
        pen.lineWidth = 2.5;
        pen.setLineDash(mark.about ? [4, 3] : []);
        pen.strokeRect(x, y, scale - gap, lane - 10);
        pen.setLineDash([]);
        pen.lineWidth = 1;
      }
      if (scale > 44) {
        pen.fillStyle = colors.paper;
        pen.fillText(clip(pen, this.operation(i), scale - gap - 8), x + 4, y + (lane - 10) / 2);
      }
    }
    pen.globalAlpha = 1;
  }

  // Many steps share a pixel: a lane's pixel has the colour of its last step.
  paintColumns(pen, colors, lane, left, width, start, end, top) {
    const lanes = this.data.threads.length;
    const pixel = new Int32Array(lanes).fill(-1);
    const scale = width / (end - start);
    const last = Math.min(this.steps, Math.ceil(end));
    const inset = lane > 10 ? 5 : 1;
    for (let i = Math.max(0, Math.floor(start)); i < last; ++i) {
      const row = this.thread[i];
      const x = Math.floor((i - start) * scale);
      if (x === pixel[row] || (this.lit && !this.lit[i])) continue;
      pixel[row] = x;
      pen.fillStyle = colors.ops[this.category[this.kind[i]]];
      pen.fillRect(left + x, top + row * lane + inset, Math.max(1, Math.ceil(scale)),
                   lane - 2 * inset);
    }
  }

  paintEdges(pen, colors, lane) {
    const chosen = new Set(this.edgesAt(this.selected));
    if (this.scale() >= 10) {
      const first = this.firstEdgeTo(Math.floor(this.start));
      for (let e = first, drawn = 0; e < this.edgeTo.length && drawn < MOST_EDGES; ++e) {
        if (this.edgeTo[e] > this.end + 40) break;
        if (chosen.has(e)) continue;
        if (this.lit && !(this.lit[this.edgeTo[e]] && this.lit[this.edgeFrom[e]])) continue;
        this.paintEdge(pen, colors.edge, lane, e, 0.5, 1.2);
        ++drawn;
      }
    }
    for (const e of chosen) this.paintEdge(pen, colors.focus, lane, e, 1, 2.2);
  }

  paintEdge(pen, color, lane, e, alpha, width) {
    const from = this.edgeFrom[e];
    const to = this.edgeTo[e];
    const middle = lane / 2;
    const half = this.scale() / 2;
    const x0 = Math.max(this.x(from) + half, this.gutter - 60);
    const x1 = this.x(to) + half;
    const down = this.thread[to] > this.thread[from] ? 1 : -1;
    const y0 = AXIS + this.thread[from] * lane + middle + down * (middle - 5);
    const y1 = AXIS + this.thread[to] * lane + middle - down * (middle - 5);
    pen.globalAlpha = alpha;
    pen.strokeStyle = pen.fillStyle = color;
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(x0, y0);
    pen.bezierCurveTo(x0, y0 + down * lane * 0.35, x1, y1 - down * lane * 0.35, x1, y1);
    pen.stroke();
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x1 - 4, y1 - down * 7);
    pen.lineTo(x1 + 4, y1 - down * 7);
    pen.fill();
    pen.globalAlpha = 1;
    pen.lineWidth = 1;
  }

  paintSelection(pen, colors, lane, height) {
    const x = this.x(this.selected);
    const wide = Math.max(2, this.scale());
    pen.strokeStyle = colors.focus;
    pen.globalAlpha = 0.6;
    pen.beginPath();
    pen.moveTo(x + wide / 2, AXIS - 5);
    pen.lineTo(x + wide / 2, height);
    pen.stroke();
    pen.globalAlpha = 1;
    pen.lineWidth = 2;
    pen.strokeRect(x, AXIS + this.thread[this.selected] * lane + 4, wide, lane - 8);
    pen.lineWidth = 1;
  }

  paintOverview(colors) {
    const lanes = this.data.threads.length;
    const lane = lanes > 8 ? 3 : 5;
    const height = lanes * lane + 10;
    const pen = this.surface(this.overview, height);
    const width = this.overview.clientWidth - this.gutter;
    pen.font = `11px ${themeColor('--sans')}`;
    pen.textBaseline = 'middle';
    pen.fillStyle = colors.soft;
    pen.fillText(plural(this.data.points, 'step'), 10, height / 2);
    pen.drawImage(this.wholeSchedule(colors, lane, width, height), this.gutter, 0, width, height);
    for (const mark of this.marks) {
      pen.fillStyle = colors[ROLE_COLOR[mark.role]];
      pen.fillRect(this.gutter + mark.step / this.steps * width - 1, 0, 2.5, height);
    }
    const left = this.gutter + this.start / this.steps * width;
    const right = this.gutter + this.end / this.steps * width;
    pen.strokeStyle = colors.focus;
    pen.fillStyle = colors.focus;
    pen.globalAlpha = 0.14;
    pen.fillRect(left, 0, Math.max(3, right - left), height);
    pen.globalAlpha = 1;
    pen.strokeRect(left, 1, Math.max(3, right - left), height - 2);
  }

  // A picture of all steps, drawn again only when it changes.
  wholeSchedule(colors, lane, width, height) {
    const ratio = window.devicePixelRatio || 1;
    const key = `${width} ${ratio} ${colors.paper} ${this.filters}`;
    if (this.wholeKey === key) return this.whole;
    this.wholeKey = key;
    this.whole = make('canvas', {width: Math.max(1, Math.round(width * ratio)),
                                 height: Math.round(height * ratio)});
    const pen = this.whole.getContext('2d');
    pen.scale(ratio, ratio);
    this.paintColumns(pen, colors, lane, 0, width, 0, this.steps, 5);
    return this.whole;
  }

  // On paper: the steps around the marks, as a table.
  prepareForPaper() {
    const last = this.marks.length ? Math.max(...this.marks.map(mark => mark.step)) : this.selected;
    const first = Math.max(0, last - 40);
    const rows = [];
    for (let i = first; i < Math.min(this.steps, last + 8); ++i) {
      const mark = this.markOf.get(i);
      rows.push(make('tr', {}, [this.numberText(i), duration(this.time[i]), this.threadName(this.thread[i]),
        this.operation(i), this.place(i), mark ? mark.label : ''].map(cell => make('td', {}, cell))));
    }
    this.paper.replaceChildren(make('p', {}, `Steps ${this.numberText(first)} to ${this.numberText(first + rows.length - 1)} of ` +
                                    `${this.data.points}:`), make('table', {}, rows));
    this.paint();
  }
}

// `text`, cut so that it fits into `width` px.
function clip(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pen.measureText(text.slice(0, middle) + '…').width <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : text.slice(0, low) + '…';
}
