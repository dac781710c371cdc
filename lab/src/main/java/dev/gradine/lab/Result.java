package dev.gradine.lab;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What came out of an experiment.
///
/// @param seeds in the order of the tables
/// @param tables one a seed, with the same rows and columns
/// @param seconds all seeds took together
public record Result(About about, List<Expectation> expected, List<Long> seeds, List<Table> tables, double seconds) {

    /// Number of seeds in which an expectation shows.
    public int count(Expectation e) {
        return Math.toIntExact(tables.stream().filter(e.shows()).count());
    }

    /// Whether it shows in all seeds.
    public boolean held(Expectation e) {
        return count(e) == tables.size();
    }

    /// Whether the claim held: all that was expected shows in all seeds.
    public boolean held() {
        return expected.stream().allMatch(this::held);
    }

    /// `held`, `did not hold`, or `held in part: 1 of 3`.
    public String verdict() {
        long all = expected.stream().filter(this::held).count();
        if (all == expected.size()) return "held";
        return all == 0 ? "did not hold" : "held in part: %d of %d".formatted(all, expected.size());
    }

    /// Mean over the seeds.
    public double mean(String row, String column) {
        return tables.stream().mapToDouble(t -> t.at(row, column)).average().orElseThrow();
    }

    /// Standard deviation over the seeds, that of the sample; 0 for one seed.
    public double deviation(String row, String column) {
        double mean = mean(row, column);
        double squares = tables.stream()
                .mapToDouble(t -> t.at(row, column) - mean)
                .map(d -> d * d)
                .sum();
        return tables.size() == 1 ? 0 : Math.sqrt(squares / (tables.size() - 1));
    }

    /// All of it by name: a line of a file that collects results.
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("experiment", about.name());
        json.put("claim", about.claim());
        json.put("source", about.source());
        json.put("seeds", seeds);
        json.put("tables", tables.stream().map(Result::values).toList());
        List<Map<String, Object>> verdicts = new ArrayList<>();
        for (Expectation e : expected) verdicts.add(Map.of("expected", e.text(), "seeds", count(e), "held", held(e)));
        json.put("expected", verdicts);
        json.put("held", held());
        json.put("verdict", verdict());
        json.put("seconds", seconds);
        return json;
    }

    private static Map<String, Object> values(Table t) {
        Map<String, Object> rows = new LinkedHashMap<>();
        for (String row : t.rows()) {
            Map<String, Object> values = new LinkedHashMap<>();
            for (String column : t.columns()) if (t.has(row, column)) values.put(column, t.at(row, column));
            rows.put(row, values);
        }
        return rows;
    }
}
