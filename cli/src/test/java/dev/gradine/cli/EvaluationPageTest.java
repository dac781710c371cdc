package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The example of `docs/evaluation.md` is what the files hold and the command prints.
class EvaluationPageTest {

    private static final String WRITE = "gradine.docs.write";
    private static final Pattern BLOCK = Pattern.compile("```[a-z]*\n(.*?)\n```\n", Pattern.DOTALL);

    private static final List<String> COMMAND = List.of(
            "eval",
            "--model",
            "golden/assets/models/stories260K/stories260K-f32.gguf",
            "--task",
            "docs/examples/evaluation/endings.yaml");

    private final Path repository = Golden.repository();

    private List<String> expected() throws IOException {
        Path examples = repository.resolve("docs/examples/evaluation");
        List<Object> args = new ArrayList<>();
        for (String word : COMMAND) args.add(word.contains("/") ? repository.resolve(word) : word);
        return List.of(
                Files.readString(examples.resolve("endings.yaml")).strip(),
                Files.readAllLines(examples.resolve("endings.jsonl")).getFirst(),
                "./gradine " + String.join(" ", COMMAND),
                Cli.run(args.toArray()).ok().out().strip());
    }

    @Test
    void the_example_is_what_the_command_prints() throws IOException {
        Path page = repository.resolve("docs/evaluation.md");
        String text = Files.readString(page);
        List<String> expected = expected();
        Matcher block = BLOCK.matcher(text);
        StringBuilder written = new StringBuilder();
        for (int i = -1; i < expected.size(); i++) { // the first block shows a command with placeholders
            assertThat(block.find()).isTrue();
            String whole = block.group();
            String now = i < 0 ? whole : whole.replace(block.group(1), expected.get(i));
            block.appendReplacement(written, Matcher.quoteReplacement(now));
        }
        block.appendTail(written);
        if (Boolean.getBoolean(WRITE)) Files.writeString(page, written);
        else assertThat(text).as("-D%s=true writes it anew", WRITE).isEqualTo(written.toString());
    }
}
