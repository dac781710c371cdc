package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.peft.InitWeights;
import dev.gradine.peft.LoKr;
import dev.gradine.peft.Methods;
import dev.gradine.peft.Oft;
import dev.gradine.peft.Vera;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/// Options of one of several records, as adapter methods are.
class ChoiceOptionsTest {

    private static Record read(String... line) {
        SequencedMap<String, Record> methods = new LinkedHashMap<>();
        Methods.all().forEach(m -> methods.put(m.name(), (Record) m));
        ChoiceOptions options = new ChoiceOptions("Adapter", "adapter", "Method", methods);
        CommandSpec spec = CommandSpec.create();
        options.addTo(spec);
        new CommandLine(spec).parseArgs(line);
        return options.read();
    }

    @Test
    void a_flag_that_is_on_by_default_is_typed_to_switch_it_off() {
        assertThat(((Oft) read("--adapter", "oft")).series().cayleyNeumann()).isTrue();
        assertThat(((Oft) read("--adapter", "oft", "--no-cayley-neumann"))
                        .series()
                        .cayleyNeumann())
                .isFalse();
    }

    @Test
    void what_several_methods_have_under_one_name_each_reads_in_its_own_way() {
        assertThat(((LoKr) read("--adapter", "lokr", "--init-weights", "lycoris")).initWeights())
                .isEqualTo(LoKr.Zeros.LYCORIS);
        assertThat(((Oft) read("--adapter", "oft", "--init-weights", "false")).initWeights())
                .isEqualTo(InitWeights.FALSE);
        assertThat(((Vera) read("--adapter", "vera", "--init-weights", "false")).initWeights())
                .isEqualTo(InitWeights.FALSE);
    }
}
