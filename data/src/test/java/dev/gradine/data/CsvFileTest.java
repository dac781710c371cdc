package dev.gradine.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Tables are read by RFC 4180, and a fault is told with its line.
class CsvFileTest {

    @TempDir
    private Path temp = Path.of("");

    private List<SequencedMap<String, String>> read(String text) throws IOException {
        return CsvFile.read(Files.writeString(temp.resolve("t.csv"), text));
    }

    @Test
    void quotes_hold_commas_line_ends_and_quotes() throws IOException {
        assertThat(read("\uFEFFa,b\r\n\"x, \"\"y\"\"\nz\",\r\n\r\n1,\"\"\n"))
                .isEqualTo(List.of(Map.of("a", "x, \"y\"\nz", "b", ""), Map.of("a", "1", "b", "")));
    }

    @Test
    void columns_keep_their_order() throws IOException {
        assertThat(read("z,y,x\n1,2,3").getFirst().keySet()).containsExactly("z", "y", "x");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a,b;1;        | line 2: 1 fields, expected 2 (one a column)
            a;"x;y";1,2;  | line 4: 2 fields, expected 1 (one a column)
            a;"x          | line 2: a quote is not closed
            a;"x"y        | line 2: text behind a closing quote, expected a comma
            a,a;1,2       | line 1: names a column twice: [a, a]
            a;            | has no rows, expected at least one
            """)
    void a_fault_is_told_with_its_line(String text, String message) {
        assertThatThrownBy(() -> read(text.replace(';', '\n')))
                .isInstanceOf(DataException.class)
                .hasMessage(temp.resolve("t.csv") + ": " + message);
    }
}
