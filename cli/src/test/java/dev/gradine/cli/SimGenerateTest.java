package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.lab.base.StoryFiles;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Text written through the kernels of the GPU, on the simulator: what the CPU writes.
class SimGenerateTest {

    private static final String PROMPT = "One day, a dog found a red ball.";

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @CsvSource({"0, 0, 1", "0.8, 0, 1", "0.8, 40, 0.9"})
    void the_demo_model_tells_the_same_story_on_the_simulator(String temperature, String topK, String topP) {
        StoryFiles.copyTo(temp);
        String[] rule = {"--temperature", temperature, "--top-k", topK, "--top-p", topP};
        String cpu = story("cpu", rule);
        assertThat(cpu.length()).isGreaterThan(PROMPT.length() + 15);
        assertThat(story("sim", rule)).isEqualTo(cpu);
    }

    private String story(String device, String... rule) {
        Object[] args = {"generate", "--model", temp.resolve("model"), "--prompt", PROMPT, "--raw"};
        Object[] more = {"--max-tokens", 10, "--seed", 7, "--device", device};
        return Cli.run(concat(concat(args, more), rule)).ok().out();
    }

    private static Object[] concat(Object[] first, Object[] second) {
        return Stream.of(first, second).flatMap(Arrays::stream).toArray();
    }
}
