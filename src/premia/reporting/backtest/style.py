"""The look of a report: one style sheet, light and dark, for screens, phones and paper."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1a1d21;--quiet:#5b6470;--rule:#dfe3e8;--soft:#f5f7f9;
--a:#0b5cad;--b:#b3541e;--c:#2f7d4f;--d:#7a4fa3;--e:#8a6d00;--f:#5b6470;--gain:#1d6f42;--loss:#b3261e;
--gain-wash:29,111,66;--loss-wash:179,38,30}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e8eaed;--quiet:#a2abb5;--rule:#30363d;
--soft:#1c2126;--a:#6cb2ff;--b:#f0a06a;--c:#7fcf9c;--d:#c9a4ef;--e:#e0c452;--f:#a2abb5;--gain:#7fcf9c;
--loss:#ff9d94;--gain-wash:127,207,156;--loss-wash:255,157,148}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.5;
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
font-variant-numeric:tabular-nums lining-nums}
main,header,nav,footer{max-width:70rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.5rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .25rem;letter-spacing:-.01em}
h2{font-size:1.25rem;margin:3rem 0 .75rem;padding-top:1rem;border-top:1px solid var(--rule)}
h3{font-size:1rem;margin:1.75rem 0 .5rem}
p{margin:.5rem 0;max-width:46rem}
a{color:var(--a)}
.brand{color:var(--quiet);font-size:.8rem;letter-spacing:.08em;text-transform:uppercase;margin:0 0 .5rem}
.quiet,figcaption p,small{color:var(--quiet);font-size:.875rem}
.verdict{font-size:1.1rem;margin:1rem 0;padding:.75rem 1rem;border-left:4px solid var(--a);
background:var(--soft);max-width:none}
.verdict.trails{border-color:var(--loss)}
nav ul,.chips,.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.35rem 1rem;padding:0;margin:.75rem 0}
nav ul{font-size:.875rem;border-block:1px solid var(--rule);padding:.6rem 0}
.chips li{background:var(--soft);border:1px solid var(--rule);border-radius:999px;padding:.1rem .7rem;
font-size:.8125rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(13.5rem,1fr));gap:1rem;
margin:1.5rem 0;padding:0}
.card{border:1px solid var(--rule);border-radius:.6rem;padding:.9rem 1rem}
.card dt{color:var(--quiet);font-size:.8125rem}
.card dd{margin:0}
.card .figure{font-size:1.75rem;line-height:1.25;font-weight:600;letter-spacing:-.01em}
.card .meaning{color:var(--quiet);font-size:.8125rem;line-height:1.4;margin-top:.25rem}
.card.first{background:var(--soft);border-color:var(--a)}
.gain{color:var(--gain)}.loss{color:var(--loss)}
.wide{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;width:100%;font-size:.875rem}
caption{text-align:left;color:var(--quiet);padding-bottom:.35rem}
th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid var(--rule);vertical-align:top;
font-weight:400}
thead th{color:var(--quiet);font-size:.8125rem;white-space:nowrap;vertical-align:bottom}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:.25rem}
.n{text-align:right;white-space:nowrap}
tr.sum>*{font-weight:600;border-top:1px solid var(--ink)}
tbody tr:hover>*{background:var(--soft)}
.months td,.months th{text-align:right;padding:.4rem .5rem}
.months th:first-child{text-align:left}
figure{margin:1rem 0}
.chart{display:grid;grid-template-columns:4.5rem 1fr;margin-bottom:1.75rem}
.side{position:relative;font-size:.75rem;color:var(--quiet)}
.side span{position:absolute;right:.5rem;transform:translateY(-50%);white-space:nowrap}
.plot{position:relative;height:13rem;min-width:0}
.tall .plot{height:22rem}
.plot svg{width:100%;height:100%;display:block;overflow:visible}
.foot span{position:absolute;top:100%;transform:translateX(-50%);padding-top:.35rem;font-size:.75rem;
color:var(--quiet);white-space:nowrap}
.foot span:first-child{transform:none}.foot span:last-child{transform:translateX(-100%)}
svg path{fill:none;vector-effect:non-scaling-stroke}
svg .grid{stroke:var(--rule);stroke-width:1}
svg .shade{fill:var(--quiet);fill-opacity:.09}
svg .line{stroke-width:1.5;stroke-linejoin:round}
svg .line.a{stroke-width:2.5}
svg .span{stroke-width:3;stroke-linecap:butt}
svg .dot{stroke-width:8;stroke-linecap:round}
svg .area{fill-opacity:.18;stroke:none}
svg .a{stroke:var(--a)}svg .area.a{fill:var(--a)}
svg .b{stroke:var(--b);stroke-dasharray:7 3}
svg .c{stroke:var(--c);stroke-dasharray:2 3}
svg .d{stroke:var(--d);stroke-dasharray:9 3 2 3}
svg .e{stroke:var(--e);stroke-dasharray:12 4}
svg .f{stroke:var(--f)}
svg .area.l{fill:var(--loss)}svg .l{stroke:var(--loss)}
svg .put{stroke:var(--b)}svg .call{stroke:var(--c)}
.legend{font-size:.8125rem;margin:0}
.legend svg{width:28px;height:10px;margin-right:.4rem;vertical-align:middle}
.swatch{display:inline-block;width:28px;height:.8rem;background:var(--quiet);opacity:.2;margin-right:.4rem;
vertical-align:middle}
.bars{display:grid;grid-template-columns:max-content 1fr max-content;gap:.3rem .9rem;font-size:.875rem;
align-items:center;max-width:46rem}
.bar{position:relative;height:1rem;background:var(--soft)}
.bar i{position:absolute;top:0;bottom:0;background:var(--gain)}
.bar i.down{background:var(--loss)}
details{border-bottom:1px solid var(--rule);font-size:.875rem}
summary{cursor:pointer;padding:.4rem 0}
details[open]>summary{font-weight:600}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.25rem;font-size:.875rem;
margin:.5rem 0}
dl.facts dt{color:var(--quiet)}dl.facts dd{margin:0;overflow-wrap:anywhere}
pre{background:var(--soft);padding:.75rem;overflow-x:auto;font-size:.8125rem;line-height:1.4;
font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
footer{margin-top:3rem;padding-block:1.5rem;color:var(--quiet);font-size:.8125rem;
border-top:1px solid var(--rule)}
:focus-visible{outline:2px solid var(--a);outline-offset:2px}
@media (max-width:40rem){h1{font-size:1.5rem}.chart{grid-template-columns:3.6rem 1fr}
.tall .plot{height:16rem}.foot span:nth-child(even){display:none}
.cards{grid-template-columns:1fr 1fr;gap:.6rem}
.card{padding:.7rem}.card .figure{font-size:1.35rem}dl.facts{grid-template-columns:1fr}}
@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--quiet:#444;--rule:#bbb;--soft:#f3f3f3;
--a:#0b5cad;--b:#b3541e;--c:#2f7d4f;--d:#7a4fa3;--e:#8a6d00;--f:#444;--gain:#1d6f42;--loss:#b3261e;
--gain-wash:29,111,66;--loss-wash:179,38,30}
body{font-size:10pt}nav{display:none}h2{break-after:avoid}figure,.card,tr{break-inside:avoid}
.wide{overflow:visible}main,header,footer{max-width:none;padding:0}thead{display:table-header-group}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
