// Draws the charts of the page. Their data is in the element "charts"; charts.py makes it.
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const light = {text: "#1c2026", grid: "#d9dde3", main: "#1b5fc1", other: "#c2410c", band: "rgba(27,95,193,.18)",
    gain: "#1a7f4b", loss: "#c0392b", quiet: "#5c6470"};
  const dark = {text: "#e8eaed", grid: "#353b43", main: "#7db3ff", other: "#ffab70", band: "rgba(125,179,255,.22)",
    gain: "#5fd39a", loss: "#ff8a80", quiet: "#a3abb5"};

  function traces(chart, color) {
    if (chart.kind === "lines") {
      const looks = [{color: color.main, width: 2}, {color: color.other, width: 1.5, dash: "dot"}];
      return chart.lines.map(([name, y], place) => (
        {type: "scatter", mode: chart.days.length > 1 ? "lines" : "markers", name, x: chart.days, y, line: looks[place],
          marker: {color: looks[place].color}, connectgaps: false, hovertemplate: "%{y:,.0f}"}));
    }
    if (chart.kind === "waterfall") {
      return [{type: "waterfall", x: chart.names, y: chart.amounts,
        measure: chart.sums.map(isSum => isSum ? "total" : "relative"),
        increasing: {marker: {color: color.gain}}, decreasing: {marker: {color: color.loss}},
        totals: {marker: {color: color.main}}, connector: {line: {color: color.grid, width: 1}},
        hovertemplate: "%{delta:,.0f}<extra></extra>"}];
    }
    const line = (name, y, look) => (
      {type: "scatter", mode: "lines", name, x: chart.days, y, hovertemplate: "%{y:,.0f}", connectgaps: false, line: look});
    return [
      {...line("P10", chart.p10, {width: 0, color: color.main}), showlegend: false},
      {...line("P10 to P90", chart.p90, {width: 0, color: color.main}), fill: "tonexty", fillcolor: color.band},
      line("Expected (P50)", chart.p50, {color: color.main, width: 2}),
      line("Ordered", chart.units, {color: color.quiet, width: 1.5}),
    ];
  }

  function layout(chart, color, width) {
    const axis = {gridcolor: color.grid, zerolinecolor: color.grid, linecolor: color.grid, automargin: true, fixedrange: true};
    const isDated = chart.kind !== "waterfall";
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: {color: color.text, family: "system-ui, sans-serif", size: 12},
      margin: {l: 8, r: 8, t: 8, b: 8}, hovermode: isDated ? "x unified" : "closest", showlegend: isDated,
      legend: {orientation: "h", y: 1.02, yanchor: "bottom", x: 0}, dragmode: false, width, height: width ? 290 : undefined,
      hoverlabel: {bgcolor: color === dark ? "#1f242a" : "#ffffff", font: {color: color.text}},
      xaxis: {...axis, type: isDated ? "date" : "category", showgrid: false, tickformat: isDated ? "%-d %b" : undefined,
        nticks: isDated ? 6 : undefined},
      yaxis: {...axis, rangemode: "tozero", tickformat: ",.0f", tickprefix: chart.format.before, ticksuffix: chart.format.after, nticks: 6},
    };
  }

  function draw(color, width) {
    for (const [id, chart] of Object.entries(charts)) {
      const {decimal, thousands, grouping} = chart.format;
      Plotly.register({moduleType: "locale", name: id, dictionary: {}, format: {decimal, thousands, grouping, currency: ["", ""]}});
      Plotly.react(id, traces(chart, color), layout(chart, color, width), {displayModeBar: false, responsive: !width, locale: id});
    }
  }

  const preference = matchMedia("(prefers-color-scheme: dark)");
  const screen = () => draw(preference.matches ? dark : light);
  preference.addEventListener("change", screen);
  addEventListener("beforeprint", () => draw(light, 660));
  addEventListener("afterprint", screen);
  screen();
})();
