package dev.gradine.cli.doctor;

import dev.gradine.cli.doctor.Finding.Weight;
import java.util.ArrayList;
import java.util.List;

/// All findings on one screen: what is there, then what is to be mended.
///
/// @param title the program and its version
/// @param findings in the order they are shown
public record DoctorReport(String title, List<Finding> findings) {

    private static final int COLUMNS = 100;
    private static final int INDENT = 11;

    /// Whether something makes runs impossible.
    public boolean prevents() {
        return findings.stream().anyMatch(f -> f.weight() == Weight.PREVENTS);
    }

    /// The report as plain text.
    public String text() {
        StringBuilder text = new StringBuilder(title + "\n\n");
        for (Finding f : findings) text.append(paragraph(f.subject(), f.found()));
        List<Finding> bad =
                findings.stream().filter(f -> f.weight() != Weight.FINE).toList();
        if (bad.isEmpty()) return text.append("\nnothing is slow or wrong\n").toString();
        text.append(prevents() ? "\nno run is possible here:\n" : "\nslow or wrong:\n");
        for (Finding f : bad) text.append(paragraph(f.subject(), f.mend()));
        return text.toString();
    }

    /// A heading of its own column, and words in lines beside it.
    private static String paragraph(String subject, String words) {
        List<StringBuilder> lines = new ArrayList<>(List.of(new StringBuilder()));
        for (String word : words.strip().split("\\s+", -1)) {
            StringBuilder line = lines.getLast();
            if (!line.isEmpty() && INDENT + line.length() + 1 + word.length() > COLUMNS) {
                line = new StringBuilder();
                lines.add(line);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String head = i == 0 ? subject : "";
            text.append(head)
                    .append(" ".repeat(Math.max(1, INDENT - head.length())))
                    .append(lines.get(i))
                    .append('\n');
        }
        return text.toString();
    }
}
