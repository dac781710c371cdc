package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The smallest real model tells the same story from each of the four files it comes in.
class StoriesTest {

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {"stories260K.bin", "stories260K-f32.gguf", "stories260K-f32.v3.gguf"})
    void a_story_is_the_one_its_author_printed(String file) throws IOException {
        Path folder = Golden.shared("assets/models/stories260K");
        assertThat(story(folder.resolve(file))).isEqualTo(printed(folder));
    }

    @Test
    void a_story_from_a_folder_is_the_same() throws IOException {
        Path folder = Golden.shared("assets/models/stories260K");
        for (String name : new String[] {"hf/config.json", "hf/model.safetensors", "tok512.bin"}) {
            Path from = folder.resolve(name);
            Files.copy(from, temp.resolve(from.getFileName()));
        }
        assertThat(story(temp)).isEqualTo(printed(folder));
    }

    /// llama2.c takes 256 steps, of which the first reads BOS, and stops where the model writes BOS.
    private static String story(Path model) {
        return Cli.run("generate", "--model", model, "--prompt", "", "--raw", "--temperature", 0, "--max-tokens", 256)
                .ok()
                .out();
    }

    /// What stands behind the command in its notes, up to the end of that block.
    private static String printed(Path folder) throws IOException {
        String notes = Files.readString(folder.resolve("stories260K.md"));
        int from = notes.indexOf('\n', notes.indexOf("-t 0.0")) + 1;
        return notes.substring(from, notes.indexOf("```", from));
    }
}
