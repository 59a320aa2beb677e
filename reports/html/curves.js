// The progress of a campaign: findings and new interleavings over the schedules run.

// `curve` is [[schedules, distinct, orders, findings], ...], ascending.
function curvesView(curve) {
  return make('div', {class: 'curves'},
    chart('Distinct schedules and interleavings', curve, [
      {name: 'distinct schedules', value: row => row[1], color: 'var(--link)'},
      {name: 'distinct interleavings', value: row => row[2], color: 'var(--op-atomic)'}]),
    chart('Distinct findings', curve, [
      {name: 'findings', value: row => row[3], color: 'var(--bad)', steps: true}]));
}

function chart(title, curve, series) {
  const width = 480, height = 190, left = 58, bottom = 26, top = 12, right = 14;
  const most = Math.max(1, ...curve.map(row => row[0]));
  const high = Math.max(1, ...series.flatMap(s => curve.map(s.value)));
  const x = value => left + value / most * (width - left - right);
  const y = value => height - bottom - value / high * (height - bottom - top);
  const svg = makeSvg('svg', {viewBox: `0 0 ${width} ${height}`, width: '100%', role: 'img',
                              'aria-label': title});
  for (const part of [0, 0.5, 1]) {
    if (part === 0.5 && high < 2) continue;
    const value = high * part;
    svg.append(makeSvg('line', {x1: left, x2: width - right, y1: y(value), y2: y(value),
                                stroke: 'var(--line)'}),
               makeSvg('text', {x: left - 6, y: y(value) + 4, 'text-anchor': 'end', class: 'soft'},
                       count(value)));
  }
  for (const part of [0, 0.5, 1]) {
    svg.append(makeSvg('text', {x: x(most * part), y: height - 8, class: 'soft',
      'text-anchor': part === 0 ? 'start' : part === 1 ? 'end' : 'middle'},
      part === 1 ? `${count(most)} schedules` : count(most * part)));
  }
  for (const s of series) {
    let path = '';
    let before = 0;
    for (const row of [[0, 0, 0, 0], ...curve]) {
      const value = s.value(row);
      if (path !== '' && s.steps) path += ` L ${x(row[0])} ${y(before)}`;
      path += `${path === '' ? 'M' : ' L'} ${x(row[0])} ${y(value)}`;
      before = value;
    }
    svg.append(makeSvg('path', {d: path, fill: 'none', stroke: s.color, 'stroke-width': 2,
                                'stroke-linejoin': 'round'}));
  }
  return make('div', {class: 'curve'}, make('h4', {}, title),
              make('p', {class: 'legend'}, series.map(s =>
                make('span', {}, make('i', {style: `background: ${s.color}`}), s.name))), svg);
}
