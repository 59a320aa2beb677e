// Creates elements. Text enters the page only as text nodes and attributes, so no name from the program
// under test becomes markup.

// make('p', {class: 'x', onclick: f}, 'text', child, [more children], null)
function make(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function makeSvg(tag, attributes, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== '') element.append(child);
  }
  return element;
}

// 1234567 -> "1,234,567"
function count(number) {
  return Math.round(number).toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

function plural(number, one, many) {
  return `${count(number)} ${number === 1 ? one : many || one + 's'}`;
}

// Nanoseconds in a readable unit: "1.204 ms".
function duration(ns) {
  const units = [['s', 1e9], ['ms', 1e6], ['µs', 1e3]];
  for (const [name, size] of units) {
    if (Math.abs(ns) >= size) return `${(ns / size).toFixed(3)} ${name}`;
  }
  return `${Math.round(ns)} ns`;
}

function seconds(value) {
  return value < 10 ? `${value.toFixed(1)} s` : `${count(value)} s`;
}

// "a::B<int>::C(long) const" -> "a::B::C", as in the terminal.
function shortFunction(name) {
  let depth = 0;
  let out = '';
  for (let i = 0; i < name.length; ++i) {
    const c = name[i];
    if (name.startsWith('operator', i)) {
      const operator = /^operator\s*(\(\)|[<>=!+\-*/%&|^~]+|\[\])/.exec(name.slice(i));
      if (operator && depth === 0) {
        out += operator[0];
        i += operator[0].length - 1;
        continue;
      }
    }
    if (name.startsWith('(anonymous namespace)', i)) {
      i += '(anonymous namespace)'.length - 1;
      if (name.startsWith('::', i + 1)) i += 2;
      continue;
    }
    if (c === '<' || c === '(' || c === '[') {
      if (c === '(' && depth === 0 && out !== '') break;
      ++depth;
    } else if (c === '>' || c === ')' || c === ']') {
      if (c !== '>' || name[i - 1] !== '-') --depth;
    } else if (depth === 0) {
      out += c;
    }
  }
  const space = out.trim().lastIndexOf(' ');
  out = (space < 0 || out.includes('operator') ? out : out.trim().slice(space + 1)).trim();
  return out === '' ? name : out;
}

// The class and the function, without namespaces and lambdas: "Cache::Evict".
function lastParts(name) {
  const parts = shortFunction(name).split('::').filter(part =>
    !/^('lambda|\$_|operator\(\)|\(anonymous|void |auto )/.test(part));
  return parts.length ? parts.slice(-2).join('::') : shortFunction(name);
}

function shortPath(path, root) {
  return root && path.startsWith(root) ? path.slice(root.length) : path;
}

// --- Places in the source ---

// How editors are asked to open a file.
const EDITORS = {
  'VS Code': (file, line, column) => `vscode://file${file}:${line}:${column}`,
  'VSCodium': (file, line, column) => `vscodium://file${file}:${line}:${column}`,
  'Cursor': (file, line, column) => `cursor://file${file}:${line}:${column}`,
  'Zed': (file, line, column) => `zed://file${file}:${line}:${column}`,
  'CLion': (file, line, column) =>
    `jetbrains://clion/navigate/reference?path=${file}:${line}:${column}`,
  'the file': file => `file://${file}`,
};
const settings = {editor: 'VS Code', root: ''};  // of this reader

// They are kept by the browser, where it allows that to a page from disk.
function readSettings() {
  try {
    const kept = JSON.parse(localStorage.getItem('heddle-editor') || '{}');
    if (Object.hasOwn(EDITORS, kept.editor)) settings.editor = kept.editor;
    if (typeof kept.root === 'string') settings.root = kept.root;
  } catch { /* then they hold for this visit */ }
}

function keepSettings() {
  try {
    localStorage.setItem('heddle-editor', JSON.stringify(settings));
  } catch { /* the same */ }
  for (const link of document.querySelectorAll('a.place')) setPlace(link);
}

// Where the reader has the sources, if not where the program was built.
function localFile(file, root) {
  if (!settings.root || !root || !file.startsWith(root)) return file;
  return settings.root.replace(/\/*$/, '/') + file.slice(root.length);
}

function setPlace(link) {
  const {file, line, column, root} = link.dataset;
  link.href = EDITORS[settings.editor](encodeURI(localFile(file, root)), line, column);
  link.title = `Open in ${settings.editor}: ${localFile(file, root)}:${line}`;
}

// "store.cc:12", which opens the editor there.
function placeLink(frame, root) {
  const text = `${shortPath(frame.file, root)}${frame.line ? `:${frame.line}` : ''}`;
  if (!frame.file.startsWith('/') || !frame.line) return make('span', {class: 'where'}, text);
  const link = make('a', {class: 'place', 'data-file': frame.file, 'data-line': frame.line,
                          'data-column': frame.column || 1, 'data-root': root || ''}, text);
  setPlace(link);
  return link;
}

function editorChoice(root) {
  readSettings();
  const editor = make('select', {'aria-label': 'Editor that links open', onchange: () => {
    settings.editor = editor.value;
    keepSettings();
  }}, Object.keys(EDITORS).map(name =>
    make('option', {value: name, selected: name === settings.editor}, name)));
  const place = make('input', {type: 'text', class: 'root', 'aria-label': 'Folder of the sources',
    placeholder: root || 'folder of the sources', value: settings.root, onchange: () => {
      settings.root = place.value.trim();
      keepSettings();
    }});
  return make('details', {class: 'editor'}, make('summary', {}, 'Links open…'),
    make('div', {class: 'menu'}, make('label', {}, 'Editor ', editor),
         root ? make('label', {}, 'My sources are in ', place) : null));
}

// A few lines of a source file around the frame's; null when the file is missing.
function sourceView(sources, root, frame, around) {
  const {file, line} = frame;
  const lines = sources[file];
  if (!lines || !line || lines[line] === undefined) return null;
  const shown = [];
  for (let i = Math.max(1, line - around); i <= line + around; ++i) {
    if (lines[i] !== undefined) shown.push(i);
  }
  // What all of them are indented by says nothing.
  const blank = Math.min(...shown.filter(i => lines[i].trim() !== '')
    .map(i => lines[i].length - lines[i].trimStart().length));
  return make('div', {class: 'source'}, shown.map(i =>
    make('div', {class: i === line ? 'code hit' : 'code'}, make('b', {}, String(i)),
         make('span', {}, lines[i].slice(blank) || ' '))));
}

// One word for a shell.
function shellWord(text) {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function themeColor(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
