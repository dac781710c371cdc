package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `adapters add`, `list`, `diff` and `convert`, on adapters that PEFT wrote.
class AdaptersCommandTest {

    @TempDir
    private Path temp = Path.of("");

    @Test
    void list_says_what_a_folder_of_adapters_holds() {
        Path folder = Golden.golden("combine");
        String out = Cli.run("adapters", "list", folder).ok().out();
        assertThat(out)
                .contains(folder.resolve("a") + "\n  method: lora, rank 6, alpha 12")
                .contains(folder.resolve("b") + "\n  method: lora, rank 6, alpha 3")
                .contains("  targets: q_proj, v_proj, down_proj\n")
                .containsPattern("  on disk: [\\d,]+ bytes\n");
        Cli.run("adapters", "list", temp)
                .refuses(temp + ": no adapter in it, expected one or folders with a adapter_config.json");
    }

    @Test
    void add_writes_an_adapter_that_changes_nothing_yet() {
        Path base = Golden.golden("combine").resolve("base");
        Path out = temp.resolve("fresh");
        Object[] args = {"adapters", "add", "--model", base, "--out", out, "--adapter", "dora", "--rank", 4};
        assertThat(Cli.run(with(args, "--targets", "q_proj")).ok().out())
                .isEqualTo("dora on 2 modules, 1,152 values, in " + out + "\n");
        Object[] same = {"adapters", "diff", "--model", base, "--adapter", "x=" + out, "--adapter", "y=" + out};
        assertThat(Cli.run(same).ok().out()).contains("logits of 16 tokens: at most 0.00e+00 apart\n");
        Cli.run(args).refuses(out + ": the folder is not empty, expected a new or empty one");
        Cli.run("adapters", "add", "--model", base, "--out", temp.resolve("b"), "--init-adapter", out)
                .refuses("--init-adapter is for training, expected a fresh adapter's --adapter NAME");
    }

    @Test
    void diff_tells_fields_and_distances() {
        Path folder = Golden.golden("combine");
        Object[] args = {"adapters", "diff", "--model", folder.resolve("base"), "--adapter", "x=" + folder.resolve("a")
        };
        assertThat(Cli.run(with(args, "--adapter", "y=" + folder.resolve("b")))
                        .ok()
                        .out())
                .containsPattern("lora_alpha +12 \\| 3\n")
                .containsPattern("  model.layers.0.self_attn.q_proj +\\d\\.\\d\\de[+-]\\d\\d\n")
                .doesNotContain("target_modules");
        assertThat(Cli.run(with(args, "--adapter", "y=" + folder.resolve("a")))
                        .ok()
                        .out())
                .containsPattern("  all +0\\.00e\\+00\n")
                .contains("logits of 16 tokens: at most 0.00e+00 apart\n");
        Cli.run(args).refuses("--adapter: 1 are given, expected two");
    }

    private static Object[] with(Object[] args, Object... more) {
        Object[] all = java.util.Arrays.copyOf(args, args.length + more.length);
        System.arraycopy(more, 0, all, args.length, more.length);
        return all;
    }

    @Test
    void convert_of_enough_rank_is_exact_and_of_less_is_refused() {
        Path folder = Golden.golden("combine");
        Object[] args = {
            "adapters", "convert", "--model", folder.resolve("base"), "--adapter", folder.resolve("a"), "--out"
        };
        Path six = temp.resolve("six");
        assertThat(Cli.run(with(args, six, "--rank", 6)).ok().out())
                .containsPattern("  all +\\d\\.\\d\\de-0[5-9]\n")
                .containsPattern("logits of 16 tokens: at most \\d\\.\\d\\de-0[4-9] away\n");
        assertThat(six.resolve("adapter_model.safetensors")).exists();
        Path one = temp.resolve("one");
        assertThat(Cli.run(with(args, one, "--rank", 1, "--max-error", "0.001")).err())
                .containsPattern("gradine: convert: the error is \\d\\.\\d\\de[+-]\\d\\d, expected at most 0.001"
                        + " \\(--max-error\\); a higher --rank lowers it\n");
        assertThat(Files.exists(one)).isFalse();
    }
}
