package dev.gradine.export;

import java.util.ArrayList;
import java.util.List;

/// What a check of an export found.
///
/// @param agreed one line for each thing that was compared and is the same
/// @param faults one line for each thing that is not
public record Findings(List<String> agreed, List<String> faults) {

    /// Nothing yet.
    static Findings none() {
        return new Findings(new ArrayList<>(), new ArrayList<>());
    }

    /// Adds a line to one of the two.
    void add(boolean agrees, String line) {
        (agrees ? agreed : faults).add(line);
    }

    /// Whether all is the same.
    public boolean isClean() {
        return faults.isEmpty();
    }
}
