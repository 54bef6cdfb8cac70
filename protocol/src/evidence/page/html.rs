//! The page as HTML: one file without scripts, pictures or anything from a network.
//!
//! **Promises.** Whatever a report holds is shown as text: nothing in it becomes markup.

use core::fmt::Write as _;

use super::{Content, Item, PageLanguage};
use crate::evidence::Report;

/// The page, Chinese first, with Unix line ends.
pub(in crate::evidence) fn html(report: &Report) -> String {
    let mut page = String::from(HEAD);
    for language in [PageLanguage::Chinese, PageLanguage::English] {
        // Writing to a string cannot fail.
        let _ = section(&mut page, &Content::of(report, language), language);
    }
    page.push_str("</body>\n</html>\n");
    page
}

const HEAD: &str = r#"<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>证据说明 · Evidence</title>
<style>
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 56rem; padding: 1.25rem; font: 1rem/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; color: #1d2733; background: #fff; }
nav { text-align: right; }
a { color: #0b5394; }
section + section { margin-top: 3rem; border-top: 3px solid #1d2733; padding-top: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0 0 .4rem; }
article { border: 1px solid #c9d2dc; border-left: .3rem solid #1f7a4d; border-radius: .3rem; padding: .7rem .9rem; margin: .7rem 0; }
.trust article { border-left-color: #4a6fa5; }
.unproved { background: #fff6e5; border: 1px solid #e0b04c; border-left: .3rem solid #b7791f; border-radius: .3rem; padding: .2rem .9rem .6rem; margin-top: 2rem; }
.unproved h2 { margin-top: .6rem; }
ul { margin: 0; padding-left: 1.2rem; }
dl { margin: 0; display: grid; grid-template-columns: minmax(8rem, 12rem) 1fr; gap: .1rem 1rem; }
dt { color: #566270; }
dd { margin: 0; overflow-wrap: anywhere; }
li { overflow-wrap: anywhere; }
@media (max-width: 34rem) { dl { display: block; } dd { margin-bottom: .4rem; } body { padding: .9rem; } }
@media print { body { max-width: none; } article, .unproved { break-inside: avoid; } nav { display: none; } }
</style>
</head>
<body>
"#;

fn section(page: &mut String, content: &Content, language: PageLanguage) -> core::fmt::Result {
    let (code, other, link) = match language {
        PageLanguage::Chinese => ("zh-CN", "en", "English"),
        PageLanguage::English => ("en", "zh-CN", "中文"),
    };
    writeln!(page, "<section id=\"{code}\" lang=\"{code}\">")?;
    let unproved = content.unproved.0;
    writeln!(
        page,
        "<nav><a href=\"#{code}-unproved\">{unproved}</a> · <a href=\"#{other}\">{link}</a></nav>"
    )?;
    writeln!(page, "<h1>{}</h1>\n<p>{}</p>", content.title, Text(content.lead))?;
    rows(page, &content.facts)?;
    articles(page, "proved", &content.proved)?;
    list(page, (code, "unproved"), &content.unproved)?;
    articles(page, "trust", &content.trust)?;
    list(page, (code, "check"), &content.check)?;
    writeln!(page, "</section>")
}

fn articles(
    page: &mut String,
    class: &str,
    (heading, items): &(&str, Vec<Item>),
) -> core::fmt::Result {
    writeln!(page, "<div class=\"{class}\">\n<h2>{heading}</h2>")?;
    for Item { heading, rows: lines } in items {
        writeln!(page, "<article>\n<h3>{}</h3>", Text(heading))?;
        rows(page, lines)?;
        writeln!(page, "</article>")?;
    }
    writeln!(page, "</div>")
}

fn list(
    page: &mut String,
    (code, class): (&str, &str),
    (heading, sentences): &(&str, Vec<String>),
) -> core::fmt::Result {
    writeln!(page, "<div class=\"{class}\" id=\"{code}-{class}\">\n<h2>{heading}</h2>\n<ul>")?;
    for sentence in sentences {
        writeln!(page, "<li>{}</li>", Text(sentence))?;
    }
    writeln!(page, "</ul>\n</div>")
}

fn rows(page: &mut String, rows: &[super::Row]) -> core::fmt::Result {
    writeln!(page, "<dl>")?;
    for (name, value) in rows {
        writeln!(page, "<dt>{name}</dt><dd>{}</dd>", Text(value))?;
    }
    writeln!(page, "</dl>")
}

/// Text between tags.
struct Text<'a>(&'a str);

impl core::fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            other => f.write_char(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup() {
        let shown = Text("<script>\"&\"</script>").to_string();
        assert_eq!(shown, "&lt;script&gt;&quot;&amp;&quot;&lt;/script&gt;");
    }
}
