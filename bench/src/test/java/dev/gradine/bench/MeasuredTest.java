package dev.gradine.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MeasuredTest {

    private static final Timing OURS = new Timing(0.010, 0.020);
    private static final Timing PEERS = new Timing(0.025, 0.040);

    @Test
    void rates_are_amounts_by_times_and_the_ratio_is_that_of_the_best() {
        Measured row = Measured.of("sum", "GB/s", 2, List.of(OURS, PEERS), 400);
        assertThat(row).isEqualTo(new Measured("sum", "GB/s", 200, 100, 50, List.of(new Measured.Figures(80, 50))));
        assertThat(row.json())
                .isEqualTo(Map.of(
                        "work",
                        "sum",
                        "unit",
                        "GB/s",
                        "best",
                        200.0,
                        "median",
                        100.0,
                        "percent_of_peak",
                        50.0,
                        "peer_best",
                        80.0,
                        "peer_median",
                        50.0,
                        "ratio",
                        2.5));
    }

    @Test
    void lines_stand_under_their_heads() {
        String head = Measured.head("peer");
        Measured row = Measured.of("sum", "GB/s", 2, List.of(OURS, PEERS), 400);
        assertThat(row.line()).hasSameSizeAs(head).matches("sum +200.0 +100.0 GB/s +50.0 % +80.0 +50.0 +2.50");
        assertThat(head).endsWith(" ratio");
        Measured alone = Measured.rate("sum", "GB/s", 2, OURS, 0);
        assertThat(alone.line()).hasSameSizeAs(Measured.head("")).endsWith("–");
        assertThat(alone.json()).doesNotContainKeys("ratio", "peer_best");
    }

    @Test
    void a_file_of_results_is_named_after_the_day_and_the_machine() {
        ResultFile file = new ResultFile("Intel(R) Xeon(R) Processor @ 2.7GHz", 512, 2, "");
        assertThat(file.name(Instant.parse("2026-11-22T23:59:00Z")))
                .isEqualTo("2026-11-22-intel-r-xeon-r-processor-2-7ghz-512-bit-2-threads.jsonl");
    }
}
