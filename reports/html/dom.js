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

function shortPath(path, root) {
  return root && path.startsWith(root) ? path.slice(root.length) : path;
}

// A few lines of a source file around `line`; null when the file is missing.
function sourceView(sources, root, file, line, around) {
  const lines = sources[file];
  if (!lines || !line || lines[line] === undefined) return null;
  const rows = [];
  for (let i = Math.max(1, line - around); i <= line + around; ++i) {
    if (lines[i] === undefined) continue;
    rows.push(make('div', {class: i === line ? 'code hit' : 'code'}, make('b', {}, String(i)),
                   lines[i]));
  }
  return make('div', {class: 'source'},
              make('div', {class: 'file'}, `${shortPath(file, root)}:${line}`), rows);
}

function themeColor(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
