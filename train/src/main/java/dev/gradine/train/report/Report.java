package dev.gradine.train.report;

import java.nio.file.Path;

/// `report.html`: one self-contained page.
public final class Report {

    /// Name of the page in a run's folder.
    public static final String FILE = "report.html";

    private Report() {}

    /// Draws the page.
    public static Path write(Path runDir) {
        RunInfo.read(runDir);
        return runDir.resolve(FILE);
    }
}
