package dev.gradine.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.train.RunFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunInfoTest {

    private static final RunInfo.Launch LAUNCH =
            new RunInfo.Launch(List.of("gradine", "sft"), "sft", "0.1.0", "2026-11-22T06:46:20Z");
    private static final RunInfo.Machine MACHINE = new RunInfo.Machine("a processor", 2, 1024, 256, "an OS", "25");

    @TempDir
    Path dir;

    private Path file() {
        return dir.resolve(RunInfo.FILE);
    }

    @Test
    void what_is_written_is_read() {
        RunInfo run = MadeUpRun.sft(dir);
        assertThat(RunInfo.read(dir)).isEqualTo(run);
        assertThat(RunInfo.read(dir).settings().keySet())
                .containsExactlyElementsOf(run.settings().keySet());
    }

    @Test
    void keys_stand_in_the_order_of_the_records() throws IOException {
        MadeUpRun.sft(dir);
        String json = Files.readString(file());
        List<String> keys = List.of(
                "launch", "command", "end", "machine", "objective", "settings", "model", "data", "memory", "outcome");
        assertThat(json)
                .containsSubsequence(keys.stream().map(k -> "\"" + k + "\"").toList());
        assertThat(json).contains("\"status\" : \"finished\"").endsWith("}\n");
    }

    @Test
    void a_run_just_begun_has_nothing_and_says_so() {
        RunInfo run = RunInfo.begun(LAUNCH, MACHINE, Map.of());
        run.write(dir);
        assertThat(RunInfo.read(dir)).isEqualTo(run);
        assertThat(run.end().status()).isEqualTo(RunInfo.Status.RUNNING);
        assertThat(List.of(
                        run.hasModel(),
                        run.hasData(),
                        run.hasMemory(),
                        run.end().hasFinished()))
                .containsOnly(false);
        assertThat(run.outcome().hasEvalBefore() || run.outcome().hasEvalAfter())
                .isFalse();
    }

    @Test
    void writing_leaves_no_other_file_behind() throws IOException {
        RunInfo.begun(LAUNCH, MACHINE, Map.of()).write(dir);
        RunInfo.begun(LAUNCH, MACHINE, Map.of("seed", 1)).write(dir);
        try (Stream<Path> files = Files.list(dir)) {
            assertThat(files).containsExactly(file());
        }
    }

    @Test
    void settings_keep_their_order_and_do_not_follow_the_map_they_came_from() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("z", 1);
        settings.put("a", 2);
        RunInfo run = RunInfo.begun(LAUNCH, MACHINE, settings);
        settings.clear();
        assertThat(run.settings()).containsExactly(Map.entry("z", 1), Map.entry("a", 2));
    }

    @Test
    void refuses_an_unknown_key() throws IOException {
        MadeUpRun.sft(dir);
        edit("\"trained\"", "\"trianed\" : 1, \"trained\"");
        assertThatThrownBy(() -> RunInfo.read(dir))
                .isInstanceOf(RunFileException.class)
                .hasMessageStartingWith(file() + ": model.trianed: unknown key, expected one of [");
    }

    @Test
    void refuses_a_missing_key() throws IOException {
        MadeUpRun.sft(dir);
        edit("\"cores\" : 8,", "");
        assertThatThrownBy(() -> RunInfo.read(dir))
                .isInstanceOf(RunFileException.class)
                .hasMessage(file() + ": machine.cores: Missing creator property 'cores' (index 1)");
    }

    @Test
    void refuses_an_unknown_status_and_a_date_without_a_zone() throws IOException {
        MadeUpRun.sft(dir);
        String whole = Files.readString(file());
        edit("\"finished\",", "\"done\",");
        assertThatThrownBy(() -> RunInfo.read(dir))
                .isInstanceOf(RunFileException.class)
                .hasMessageStartingWith(file() + ": end.status: ");
        Files.writeString(file(), whole.replace("06:46:20Z", "06:46:20"));
        assertThatThrownBy(() -> RunInfo.read(dir))
                .hasMessage(file() + ": launch: started is \"2026-11-22T06:46:20\", expected a time with its zone, such"
                        + " as 2026-11-22T06:46:00Z");
    }

    @Test
    void refuses_what_is_no_json_and_what_is_absent() throws IOException {
        assertThatThrownBy(() -> RunInfo.read(dir))
                .hasMessage(file() + ": is absent, expected the description of a run");
        Files.writeString(file(), "{\n  \"launch\": oops\n}");
        assertThatThrownBy(() -> RunInfo.read(dir))
                .isInstanceOf(RunFileException.class)
                .hasMessageStartingWith(file() + ": line 2: ");
    }

    private void edit(String from, String to) throws IOException {
        String json = Files.readString(file());
        assertThat(json).contains(from);
        Files.writeString(file(), json.replace(from, to));
    }
}
