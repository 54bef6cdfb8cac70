//! The documents beside the code: what they name is there, and the two languages say the same.
//!
//! **Promises.** A command, a file or a section that stands in one and not in the other is named.
//! **Left to others.** That the commands of the README work: `readme`.

use std::fs;

use super::root;

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The blocks between fences with this word after the opening one.
fn blocks(text: &str, word: &str) -> Vec<String> {
    let opening = format!("```{word}\n");
    let opened = text.split(&opening).skip(1);
    opened.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The levels of the headings, in their order.
fn headings(text: &str) -> Vec<usize> {
    let mut inside = false;
    let mut levels = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside && line.starts_with('#') {
            levels.push(line.chars().take_while(|character| *character == '#').count());
        }
    }
    levels
}

#[test]
fn the_chinese_readme_has_the_commands_and_sections_of_the_english_one() {
    let (english, chinese) = (read("README.md"), read("README.zh-CN.md"));
    let commands = blocks(&english, "sh");
    assert!(commands.len() > 5, "{} blocks of commands", commands.len());
    for (number, (english, chinese)) in commands.iter().zip(blocks(&chinese, "sh")).enumerate() {
        assert_eq!(english, &chinese, "block {number} of README.zh-CN.md");
    }
    assert_eq!(commands.len(), blocks(&chinese, "sh").len());
    assert_eq!(headings(&english), headings(&chinese), "sections of README.zh-CN.md");
    // Numbered steps and what is marked as code stand in both.
    for marked in ["**1.", "**2.", "**3.", "**4.", "**5.", "`--once`", "`enrol`"] {
        assert_eq!(english.contains(marked), chinese.contains(marked), "{marked}");
    }
}

#[test]
fn every_file_that_a_document_links_or_a_recipe_names_is_there() {
    let mut missing = Vec::new();
    for document in ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md"] {
        let text = read(document);
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if !link.contains("://") && !root().join(link).exists() {
                missing.push(format!("{document} links {link}"));
            }
        }
    }
    let architecture = read("ARCHITECTURE.md");
    let (_, recipes) = architecture.split_once("\n## Recipes\n").unwrap();
    let recipes = recipes.split("\n## ").next().unwrap();
    let named = recipes.split('`').skip(1).step_by(2);
    let files: Vec<&str> = named
        .filter(|name| name.contains('/') || name.ends_with(".md"))
        .filter(|name| !name.contains(char::is_whitespace))
        .collect();
    assert!(files.len() > 15, "the recipes name {} files", files.len());
    for file in files {
        if !root().join(file).exists() {
            missing.push(format!("a recipe names {file}"));
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
