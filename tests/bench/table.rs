//! Plain tables, on the screen and as files for other tools.

use std::fs;
use std::path::Path;

pub struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(title: &str, head: &[&str]) -> Table {
        Table { title: title.to_owned(), rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()] }
    }

    /// Shows the row at once: a long run should say how far it is.
    pub fn row(&mut self, cells: Vec<String>) {
        eprintln!("  {}", cells.join("  "));
        self.rows.push(cells);
    }

    /// Prints it and writes `FOLDER/NAME.tsv`.
    pub fn finish(self, folder: &Path, name: &str) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
        let widths: Vec<usize> =
            (0..columns).map(|column| self.rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0)).collect();
        println!("{}\n", self.title);
        for row in &self.rows {
            let cells: Vec<String> = (0..columns).map(|column| format!("{:>width$}", cell(row, column), width = widths[column])).collect();
            println!("{}", cells.join("  ").trim_end());
        }
        println!();
        let lines: Vec<String> = self.rows.iter().map(|row| row.join("\t") + "\n").collect();
        let _ = fs::create_dir_all(folder);
        let path = folder.join(format!("{name}.tsv"));
        if let Err(error) = fs::write(&path, lines.concat()) {
            eprintln!("{}: {error}", path.display());
        }
    }
}

/// Of an odd number of values the one in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
