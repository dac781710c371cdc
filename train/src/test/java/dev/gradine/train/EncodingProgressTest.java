package dev.gradine.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.data.DataSet;
import dev.gradine.data.MadeList;
import dev.gradine.data.Row;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EncodingProgressTest {

    /// A row takes two seconds.
    @Test
    void a_line_comes_every_ten_seconds_and_none_at_the_end() {
        List<String> lines = new ArrayList<>();
        RunHost host = new RunHost() {
            @Override
            public void tell(String line) {
                lines.add(line);
            }
        };
        long[] now = {0};
        DataSet rows = DataSet.of("rows.jsonl", MadeList.of(12, i -> new Row.Text("row " + i)));
        EncodingProgress progress = new EncodingProgress(rows, host, () -> now[0]);
        for (int done = 1; done <= 12; done++) {
            now[0] += 2_000_000_000L;
            progress.accept(done);
        }
        assertThat(lines)
                .containsExactly("rows.jsonl: 5 of 12 rows encoded (41 %)", "rows.jsonl: 10 of 12 rows encoded (83 %)");
    }
}
