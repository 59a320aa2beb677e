// The progress of a campaign, small: new interleavings, and where findings came.

// `curve` is [[schedules, distinct, orders, findings], ...], ascending. Null when it says nothing.
function curveView(curve) {
  if (!curve || curve.length < 2) return null;
  const width = 150, height = 34, inset = 2;
  const most = Math.max(1, ...curve.map(row => row[0]));
  const high = Math.max(1, ...curve.map(row => row[2]));
  const last = curve[curve.length - 1];
  const x = value => (inset + value / most * (width - 2 * inset)).toFixed(1);
  const y = value => (height - inset - value / high * (height - 2 * inset)).toFixed(1);
  const path = [[0, 0, 0, 0], ...curve].map((row, i) => `${i ? 'L' : 'M'} ${x(row[0])} ${y(row[2])}`);
  const text = `${plural(last[2], 'distinct interleaving')} and ${plural(last[3], 'finding')} ` +
               `in ${plural(last[0], 'schedule')}`;
  const found = [];
  let before = 0;
  for (const row of curve) {
    if (row[3] > before) found.push(row);
    before = row[3];
  }
  return makeSvg('svg', {viewBox: `0 0 ${width} ${height}`, width, height, role: 'img',
                         'aria-label': text, class: 'curve'},
    makeSvg('title', {}, text),
    makeSvg('path', {d: path.join(' '), fill: 'none', stroke: 'var(--link)', 'stroke-width': 1.5,
                     'stroke-linejoin': 'round'}),
    found.map(row => makeSvg('circle', {cx: x(row[0]), cy: y(row[2]), r: 2.5, fill: 'var(--mark)'})));
}
