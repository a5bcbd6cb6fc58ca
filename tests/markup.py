"""Three hundred strings that would do something if a page took them for markup; always the same ones.

Each that could run a script would call `xss(NUMBER)`, load from /xss/, or leave an element or attribute named xss.
"""

from itertools import cycle, product

COUNT = 300
RUN = [
    "<script>xss()</script>", "<img src=x onerror=xss()>", "<svg onload=xss()>", "<body onload=xss()>", "<xss>",
    "<details open ontoggle=xss()>", "<input autofocus onfocus=xss()>", "<iframe srcdoc='<script>xss()</script>'>",
    "<a href=javascript:xss()>x</a>", "<svg><script>xss()</script></svg>",
    "<math><mi xlink:href=javascript:xss()>",
    "<object data=javascript:xss()>", "<embed src=javascript:xss()>",
    "<form action=javascript:xss()><input type=submit>",
    "<base href=/xss/>", "<link rel=stylesheet href=/xss/a.css>", "<meta http-equiv=refresh content=0;url=/xss/>",
    "<style>@import '/xss/b.css'</style>", "<video><source onerror=xss()></video>", "<audio src=x onerror=xss()>",
    "<marquee onstart=xss()>", "<template><xss></template>", "<xss hx-get=/xss/ hx-trigger=load>",
    "<div hx-on:click=xss() xss>", "<div data-open=xss xss>", "<textarea autofocus onfocus=xss()>",
    "<select onfocus=xss() autofocus>", "<button formaction=javascript:xss()>x", "<p style=color:red xss>",
    "<scr<script>ipt>xss()</scr</script>ipt>", "<SCRIPT SRC=/xss/c.js></SCRIPT>", "<ScRiPt >xss()</ScRiPt >",
    "<img/src=x/onerror=xss()>", "<svg/onload=xss()>", "<img src='x' onerror='xss()' //", "<<script>xss();//<</script>",
    "<noscript><p title='</noscript><img src=x onerror=xss()>'>", "<![CDATA[<xss>]]>", "<!--<xss>-->", "<?xss ?>",
]  # fmt: skip
LEAVE = [
    "", '"', "'", "`", '">', "'>",
    "</textarea>", "</title>", "</script>", "</style>", "</option></select>", "-->", "]]>",
    '" onmouseover="xss()" xss="', "' onfocus='xss()' xss='",
    "\" autofocus onfocus=xss() ", "\\\"", "\\'", "</svg>",
    '"}\'>', "';xss();//", '";xss();//', "${xss()}", "{{xss()}}", "{% xss %}", "%}<xss>", "&quot;>",
    "&#34;>", "&lt;xss&gt;",
    "\u2028xss()//", "javascript:xss()//", "data:text/html,<script>xss()</script>",
    "＜script＞xss()＜/script＞", "\x0b\x0c>",
]  # fmt: skip
SHORT = 30  # characters, for the columns that hold a name


def strings() -> list[str]:
    """Every way out of a place with every thing to do there, as far as COUNT goes; all of either are in it."""
    plain = [*RUN, *LEAVE[1:]]
    pairs = [way + thing for way, thing in product(LEAVE[1:], RUN)]
    step = len(pairs) // (COUNT - len(plain))
    return [*plain, *pairs[::step]][:COUNT]


def short() -> "cycle[str]":
    """Those that fit everywhere, over and over."""
    return cycle([one for one in strings() if len(one) <= SHORT])
