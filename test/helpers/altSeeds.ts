/** A small document in each language that has a finder, with what its finder has to tell apart. */

import type { AltLanguage } from "../../src/alt/languages";

export const ALT_SEEDS: Readonly<Record<AltLanguage, string>> = {
  markdown:
    '---\na: b\n---\n# T\n\n![a](b.png \'c\') ![d][e] ![e] [![f](g)](h)\n\n> - <img\n>   src=a alt=\'b\'>\n\n| a |\n|-|\n| ![i](j) |\n\n<figure><img src=k><figcaption>l</figcaption></figure>\n\n[e]: <m n.png>\n\n```{image} o.png\n:alt: p\n```\n\n:::image source="q.png" alt-text="r":::\n\n<div markdown>\n![s](t.png){: .u alt=\'v\'}\n</div>\n\n{{< figure src="w.png" caption="x" >}}\n',
  mdx: "import f from './f.png'\n\n![a](b) {1 && <img src={f} alt='c' />}\n\n<Image src='d' {...e} />\n",
  html: "<!doctype html><picture><source srcset='a 1x'><img src=b alt='c &amp; d'></picture><script>'<img src=e>'</script><svg><title>f</title></svg><figure><img src=g alt></figure><button><img src=h></button><map><area href=i></map><object data=j.png></object>",
  jsx: "import a from './a.png';\nexport const B = (p) => <figure><img src={a} alt={`c`} {...p} /><figcaption>d</figcaption></figure>;\n",
  tsx: "import { Image } from 'react-native';\nconst a = <T,>(b: T): JSX.Element => <><Image source={require('./c.png')} accessibilityLabel=\"d\" /></>;\n",
  typescript:
    '@Component({\n  template: `\n    <img src="a.png" alt="b">\n    <img [src]="c" [alt]="d"><img src="e">\n  `,\n})\nexport class F { g = `<img src="h">`; }\n',
  vue: "<script setup lang='ts'>import a from './a.png'</script>\n<template><p v-if='b < c'>{{ d }}<img :src='a' alt='e' /></p></template>\n",
  svelte:
    "<script>import a from './a.png'</script>{#if b > c}<img src={a} alt='d' />{/if}<img {...e} src='f'>\n",
  astro:
    "---\nimport a from './a.png'\n---\n<p>{b.map((c) => <Image src={a} alt='d' />)}</p><img src=`e` {...f}>\n",
  handlebars:
    '{{!-- <img src="a"> --}}\n<img src="{{b}}" alt="{{c}}"><img src="d" {{#if e}}class="f"{{/if}} alt="g"><img src="h">\n',
  liquid:
    "{% comment %}<img src=a>{% endcomment %}<img src=\"{{ 'b.png' | asset_url }}\" alt=\"c\">{{ 'd.png' | asset_url | image_tag: alt: 'e' }}<img src=f>\n",
  jinja:
    '{# <img src=a> #}<img src="{{ b }}" alt="{% trans %}c{% endtrans %}"><img src=d alt=e><img src=f>\n',
  twig: '{# <img src=a> #}<img src="{{ asset(\'b\') }}" alt="{{ c|trans }}"><img src=d alt=e><img src=f>\n',
  erb: '<%# a %>\n<%= image_tag "b.png", alt: "c" %>\n<%= image_tag("d.png") %>\n<%= link_to image_tag("e.png", alt: ""), f %>\n<img src="<%= g %>" alt="h"><img src=i>\n',
  ejs: '<%# a %><img src="<%= b %>" alt="<%= c %>"><% if (d) { %><img src=e alt=f><% } %><img src=g>\n',
  php: '<?php\n$a = \'<img src="b">\';\n?>\n<img src="<?= $c ?>" alt="<?= $d ?>"><img src=e <?php if ($f): ?>g<?php endif ?>><img src=h alt=i><img src=j>\n',
  blade:
    "{{-- <img src=a> --}}\n<img src=\"{{ asset('b') }}\" alt=\"@lang('c')\">\n@if ($d > 1)\n<img src=e alt=f>\n@endif\n@php $g = '<img src=h>'; @endphp\n<img src=i @class(['j'])>\n",
  razor:
    '@* <img src=a> *@\n@{\n  var b = "<img src=c>";\n}\n<img src="~/d.png" alt="@Model.E" />\n@foreach (var f in G) { <img src="@f.H" alt="i @@ j" /> }\n<img src=k>\n',
  gotmpl:
    '{{/* <img src=a> */}}{{ range .B }}<img src="{{ .C }}" alt="{{ .D }}">{{ end }}<img src=e alt=f><img src=g>\n',
  asciidoc:
    '= T\n:imagesdir: a\n\nimage::b.png[c, d]\n\n.E\n[alt="f"]\nimage::g.png[]\n\nIn image:h.png[i \\] j] a line image:k.png["l, m",100].\n\n----\nimage::n.png[]\n----\n\n++++\n<img src=o>\n++++\n',
  restructuredtext:
    "T\n=\n\n.. image:: a.png\n   :alt: b\n     c\n\n.. figure:: d.png\n   :width: 1\n\n   E f.\n\n.. |g| image:: h.png\n\nCode::\n\n   .. image:: i.png\n\n- .. image:: j.png\n     :alt:\n\n.. raw:: html\n\n   <img src=k>\n",
  quarto:
    '---\ntitle: a\n---\n\n![b](c.png)\n\n![d](e.png){#fig-f fig-alt="g"}\n\nIn ![h](i.png) a line.\n\n```{r}\n#| fig-cap: j\n#| fig-alt: "k"\nplot(l)\n```\n\n```{r}\nknitr::include_graphics(\'m.png\')\n```\n',
  rmd: '![a](b.png)\n\n```{r c, fig.alt="d", echo=FALSE}\nplot(e)\n```\n\n```{r}\nknitr::include_graphics("f.png")\n```\n',
  notebook:
    '{\n "cells": [\n  {\n   "cell_type": "markdown",\n   "metadata": {},\n   "source": [\n    "# A\\n",\n    "![b](c.png) ![](d.png)\\n",\n    "<img src=\\"e\\">"\n   ]\n  },\n  {\n   "cell_type": "markdown",\n   "metadata": {},\n   "source": "![\\u00e9 \\\\\\"f\\\\\\"](attachment:g.png)"\n  },\n  {\n   "cell_type": "code",\n   "source": "![](h.png)"\n  }\n ],\n "nbformat": 4\n}\n',
  typst:
    '= T\n#image("a.png", alt: "b \\"c\\"")\n#figure(image("d.png"), caption: [e])\n#let f(g) = image(g + ".png")\n#pdf.artifact(image("h.png"))\n// #image("i.png")\n$ #image("j.png") $ `#image("k.png")`\n',
  latex:
    "\\documentclass{a}\n\\graphicspath{{b/}}\n% \\includegraphics{c}\n\\begin{figure}\n\\includegraphics[width=1cm, alt={d, 5\\%}]{e}\n\\caption{F}\n\\end{figure}\n\\includegraphics{g}\\includegraphics[artifact]{h} \\verb|\\includegraphics{i}|\n\\includegraphics<2->[scale=1]{j}\n",
  org: "* A\n#+CAPTION: B\n#+ATTR_HTML: :alt c d :width 3\n[[file:e.png]]\n\n[[./f.png]]\n\nIn [[file:g.png]] a line.\n\n#+BEGIN_SRC h\n[[file:i.png]]\n#+END_SRC\n",
  dita: '<topic><body><p><image href="a.png"><alt>b &lt; c</alt></image></p><image href="d.png"/><image href="e.png"><alt/></image><fig><title>F</title><image href="g.png"></image></fig><!-- <image href="h"/> --></body></topic>\n',
  docbook:
    '<chapter><figure><title>A</title><mediaobject><imageobject><imagedata fileref="b.png"/></imageobject><textobject><phrase>c</phrase></textobject></mediaobject></figure><inlinemediaobject><imageobject><imagedata fileref="d.png"/></imageobject></inlinemediaobject><![CDATA[<imagedata fileref="e"/>]]></chapter>\n',
};
