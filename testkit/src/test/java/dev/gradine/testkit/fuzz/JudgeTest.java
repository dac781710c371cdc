package dev.gradine.testkit.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Readers with a planted fault are caught, and only they.
class JudgeTest {

    /// The limits of the project are too large for a test to exceed them; they are compared on their own.
    private static final Judge JUDGE = new Judge(Duration.ofMillis(100), 32 << 20);

    private static final byte[] FILE = {1, 2, 3};

    /// What a reader refuses with.
    private static final class Refusal extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        Refusal(String message) {
            super(message);
        }
    }

    private static FileKind kind(FileKind.Change change, Original.Reader reader) {
        Original original = new Original(FILE, "a/b.json", reader);
        return new FileKind("planted", List.of(original), change, Set.of(Refusal.class));
    }

    private static Verdict judged(Original.Reader reader) {
        return JUDGE.judge(kind((file, _) -> file, reader), 1);
    }

    @Test
    void the_limits_are_two_seconds_and_512_megabytes() {
        assertThat(Judge.strict()).isEqualTo(new Judge(Duration.ofSeconds(2), 536_870_912));
    }

    @Test
    void a_file_that_is_read_is_no_fault() {
        Verdict v = judged(file -> assertThat(file).containsExactly(1, 2, 3));
        assertThat(v.fault()).isEmpty();
        assertThat(v.read()).isTrue();
    }

    @Test
    void a_refusal_in_one_line_is_no_fault() {
        Verdict v = judged(_ -> {
            throw new Refusal("a/b.json: rank is -1, expected >= 1");
        });
        assertThat(v.fault()).isEmpty();
        assertThat(v.read()).isFalse();
    }

    @Test
    void an_exception_that_is_not_documented_is_a_fault_with_its_place() {
        Verdict v = judged(_ -> {
            throw new NullPointerException("planted");
        });
        assertThat(v.fault()).startsWith("java.lang.NullPointerException: planted at [dev.gradine.testkit.fuzz.Judge");
    }

    @Test
    void a_relation_of_the_documented_exception_is_a_fault() {
        assertThat(judged(_ -> Integer.parseInt("x")).fault()).startsWith("java.lang.NumberFormatException");
        assertThat(judged(_ -> {
                            throw new IOException("planted");
                        })
                        .fault())
                .startsWith("java.io.IOException: planted at ");
    }

    @Test
    void a_stack_that_is_used_up_is_a_fault() {
        assertThat(judged(_ -> deeper(0)).fault()).startsWith("java.lang.StackOverflowError");
    }

    @SuppressWarnings("InfiniteRecursion") // the fault that is planted
    private static int deeper(int depth) {
        return deeper(depth + 1) + 1;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rank is -1",
                "a/b.json: two\nlines",
                "a/b.json: [I@1b2c3d4e",
                "a/b.json: java.lang.String",
                "a/b.json: (through reference chain: x)"
            })
    void a_message_for_nobody_is_a_fault(String message) {
        Verdict v = judged(_ -> {
            throw new Refusal(message);
        });
        assertThat(v.fault()).isEqualTo("message: " + message);
    }

    @Test
    void a_message_without_end_is_a_fault() {
        Verdict v = judged(_ -> {
            throw new Refusal("a/b.json: " + "x".repeat(1000));
        });
        assertThat(v.fault()).startsWith("message: a/b.json: xxx");
    }

    @Test
    void a_reader_that_sleeps_is_a_fault() {
        Verdict v = judged(_ -> LockSupport.parkNanos(Duration.ofMillis(150).toNanos()));
        assertThat(v.fault()).matches("takes \\d{3,} ms");
    }

    @Test
    void a_reader_that_was_interrupted_once_by_a_busy_machine_is_none() {
        List<Integer> calls = new ArrayList<>();
        Verdict v = judged(_ -> {
            calls.add(1);
            if (calls.size() == 1) LockSupport.parkNanos(Duration.ofMillis(150).toNanos());
        });
        assertThat(v.fault()).isEmpty();
        assertThat(calls).hasSize(2);
    }

    @Test
    void a_reader_that_allocates_is_a_fault() {
        List<byte[]> kept = new ArrayList<>();
        Verdict v = judged(_ -> kept.add(new byte[40 << 20])); // nothing else: classes that are loaded count, too
        assertThat(v.fault()).isEqualTo("takes 40 MB");
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "the size of the process is known on Linux alone")
    void a_reader_that_allocates_beside_the_heap_is_a_fault() {
        Verdict v = judged(_ -> {
            try (Arena arena = Arena.ofConfined()) {
                arena.allocate(100 << 20);
            }
        });
        assertThat(v.fault()).matches("takes \\d{2,3} MB");
    }

    @Test
    void a_run_counts_and_keeps_what_is_at_fault(@TempDir Path folder) throws IOException {
        FileKind odd = kind((_, random) -> new byte[] {(byte) (random.nextInt() & 1)}, file -> {
            if (file[0] == 1) throw new IllegalStateException("planted");
        });
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        FuzzRun run = new FuzzRun(JUDGE, folder, new PrintStream(printed, true, StandardCharsets.UTF_8));
        int faults = run.run(odd, 5, 10);
        List<String> lines = printed.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(faults).isBetween(1, 9);
        assertThat(lines).hasSize(faults + 2);
        assertThat(lines.getFirst()).startsWith("kind ");
        assertThat(lines.get(1)).matches("planted-\\d+: java.lang.IllegalStateException: planted at .*");
        assertThat(lines.getLast()).matches("planted +10 +%d +0 +%d .*".formatted(10 - faults, faults));
        String kept = lines.get(1).substring(0, lines.get(1).indexOf(':'));
        assertThat(Files.readAllBytes(folder.resolve(kept))).containsExactly(1);
        assertThat(odd.file(Long.parseLong(kept.substring(8)))).containsExactly(1);
        assertThat(Files.readString(folder.resolve(FuzzRun.NOW))).isEqualTo("planted-14");
    }
}
