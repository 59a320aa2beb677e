// The fork-choice trees of two builds at the point of their divergence, side by side.

const SLOT = 46;   // px a slot
const BRANCH = 42; // px a branch

// `chains` as harness/oracles/chain_view.h has them: [{name, head, justified, finalized, blocks}].
function chainsView(chains) {
  const boxes = chains.map((chain, i) => {
    const other = chains.length === 2 ? chains[1 - i] : null;
    return make('div', {class: 'chain'}, make('h4', {}, chain.name), chainFacts(chain, other),
                make('div', {class: 'scroll', tabindex: '0', 'aria-label': `Blocks of ${chain.name}`},
                     chainTree(chain, other)));
  });
  return make('section', {}, make('h3', {}, 'Fork choice at the divergence'),
              make('p', {class: 'soft'}, 'Slots run from left to right, branches from top to bottom. The number is the block\'s ' +
                   'weight. H: head, J: justified, F: finalized. A red ring marks a difference.'),
              make('div', {class: 'chains'}, boxes));
}

function shortRoot(root) { return root.replace(/^0x/, '').slice(0, 8); }

function chainFacts(chain, other) {
  const facts = [['head', chain.head, other && other.head],
                 ['justified', chain.justified, other && other.justified],
                 ['finalized', chain.finalized, other && other.finalized]];
  return make('dl', {class: 'facts'}, facts.map(([name, value, theirs]) => {
    const differs = theirs && (theirs.root !== value.root || theirs.slot !== value.slot);
    return make('div', {}, make('dt', {}, name),
                make('dd', {class: 'mono'}, `slot ${value.slot}  ${shortRoot(value.root)} `,
                     differs ? make('span', {class: 'badge bad'}, 'differs') : null));
  }));
}

// Places each block: its slot from left to right, its branch from top to bottom. The head's own chain
// is the first branch.
function layOut(chain) {
  const blocks = new Map(chain.blocks.map(block => [block.root, block]));
  const children = new Map();
  for (const block of chain.blocks) {
    if (!children.has(block.parent)) children.set(block.parent, []);
    children.get(block.parent).push(block);
  }
  const canonical = new Set();
  for (let at = blocks.get(chain.head.root); at; at = blocks.get(at.parent)) canonical.add(at.root);
  const row = new Map();
  let rows = 0;
  const place = (block, branch) => {
    for (;;) {
      row.set(block.root, branch);
      const next = (children.get(block.root) || []).slice().sort((a, b) =>
        canonical.has(b.root) - canonical.has(a.root) || a.slot - b.slot || (a.root < b.root ? -1 : 1));
      for (const side of next.slice(1)) place(side, ++rows);
      if (next.length === 0) return;
      block = next[0];
    }
  };
  const roots = chain.blocks.filter(block => !blocks.has(block.parent));
  roots.sort((a, b) => canonical.has(b.root) - canonical.has(a.root) || a.slot - b.slot);
  roots.forEach((block, i) => place(block, i === 0 ? 0 : ++rows));
  return {blocks, row, rows: rows + 1, canonical};
}

function chainTree(chain, other) {
  if (chain.blocks.length === 0) return make('p', {class: 'soft'}, 'There is no block after the finalized block.');
  const {blocks, row, rows, canonical} = layOut(chain);
  const theirs = other && new Map(other.blocks.map(block => [block.root, block]));
  const slots = chain.blocks.map(block => block.slot);
  const first = Math.min(...slots);
  const width = (Math.max(...slots) - first + 1) * SLOT + 40;
  const height = rows * BRANCH + 34;
  const x = block => 24 + (block.slot - first) * SLOT;
  const y = block => 24 + row.get(block.root) * BRANCH;
  const svg = makeSvg('svg', {width, height, role: 'img', 'aria-label': `Blocks of ${chain.name}`});
  for (const block of chain.blocks) {
    const parent = blocks.get(block.parent);
    if (!parent) continue;
    const line = canonical.has(block.root);
    svg.append(makeSvg('path', {
      d: `M ${x(parent)} ${y(parent)} C ${x(parent) + 20} ${y(block)}, ${x(parent) + 8} ${y(block)}, ` +
         `${x(block)} ${y(block)}`,
      fill: 'none', stroke: line ? 'var(--link)' : 'var(--soft)', 'stroke-width': line ? 2.5 : 1.5}));
  }
  for (const block of chain.blocks) {
    const counterpart = theirs && theirs.get(block.root);
    const differs = theirs && (!counterpart || counterpart.weight !== block.weight);
    const names = [['head', chain.head], ['justified', chain.justified], ['finalized', chain.finalized]]
      .filter(([, point]) => point.root === block.root).map(([name]) => name);
    const fill = names.includes('head') ? 'var(--link)'
      : names.includes('finalized') ? 'var(--good)'
      : names.includes('justified') ? 'var(--op-atomic)' : 'var(--paper)';
    svg.append(makeSvg('circle', {cx: x(block), cy: y(block), r: 8, fill,
      stroke: differs ? 'var(--mark)' : canonical.has(block.root) ? 'var(--link)' : 'var(--soft)',
      'stroke-width': differs ? 3 : 1.5},
      makeSvg('title', {}, `slot ${block.slot}\n${block.root}\nweight ${block.weight}` +
              (names.length ? `\n${names.join(', ')}` : '') +
              (theirs && !counterpart ? `\nnot in ${other.name}` : '') +
              (counterpart && differs ? `\nweight ${counterpart.weight} in ${other.name}` : ''))));
    svg.append(makeSvg('text', {x: x(block), y: y(block) + 21, 'text-anchor': 'middle',
                                class: 'mono'}, String(block.weight)));
    if (names.length) {
      svg.append(makeSvg('text', {x: x(block), y: y(block) - 12, 'text-anchor': 'middle'},
                         names.map(name => name[0].toUpperCase()).join(' ')));
    }
  }
  for (let slot = first; slot <= Math.max(...slots); slot += 2) {
    svg.append(makeSvg('text', {x: 24 + (slot - first) * SLOT, y: height - 2,
                                'text-anchor': 'middle', class: 'soft'}, String(slot)));
  }
  return svg;
}
