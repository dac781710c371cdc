package dev.gradine.train.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A file that somebody else writes.
class TailedLinesTest {

    @TempDir
    private Path temp = Path.of("");

    private Path file() {
        return temp.resolve("lines");
    }

    private void append(String text) throws IOException {
        Files.writeString(file(), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void each_line_comes_once_and_whole() throws IOException {
        TailedLines lines = new TailedLines(file());
        assertThat(lines.next()).isEmpty();
        append("one\ntw");
        assertThat(lines.next()).containsExactly("one");
        assertThat(lines.next()).isEmpty();
        append("o ä\nthree\n");
        assertThat(lines.next()).containsExactly("two ä", "three");
        assertThat(lines.beginsAnew()).isFalse();
        assertThat(lines.next()).isEmpty();
    }

    @Test
    void a_letter_cut_in_two_stays_one_letter() throws IOException {
        TailedLines lines = new TailedLines(file());
        byte[] letter = "ä\n".getBytes(StandardCharsets.UTF_8);
        Files.write(file(), new byte[] {letter[0]});
        assertThat(lines.next()).isEmpty();
        Files.write(file(), new byte[] {letter[1], letter[2]}, StandardOpenOption.APPEND);
        assertThat(lines.next()).containsExactly("ä");
    }

    /// A run that goes on from a checkpoint writes what it keeps into a new file.
    @Test
    void a_file_written_anew_is_read_from_its_beginning_even_if_it_is_longer() throws IOException {
        TailedLines lines = new TailedLines(file());
        append("one\ntwo\n");
        assertThat(lines.next()).hasSize(2);
        Path other = Files.writeString(temp.resolve("other"), "one\n2\n3\n4\n5\n");
        Files.move(other, file(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        assertThat(lines.beginsAnew()).isTrue();
        assertThat(lines.next()).containsExactly("one", "2", "3", "4", "5");
        Files.writeString(file(), "a\n", StandardOpenOption.TRUNCATE_EXISTING);
        assertThat(lines.beginsAnew()).isTrue();
        assertThat(lines.next()).containsExactly("a");
        Files.delete(file());
        assertThat(lines.beginsAnew()).isTrue();
        assertThat(lines.beginsAnew()).isFalse();
        assertThat(lines.next()).isEmpty();
    }
}
