package dev.gradine.lab.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.align.Kto;
import dev.gradine.align.pair.PairFormula;
import dev.gradine.peft.Lora;
import dev.gradine.testkit.Golden;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// A page names the papers that the comment on a formula's class names, and links to its file.
class SourcePapersTest {

    private static final SourcePapers HERE = new SourcePapers(Golden.repository());

    @Test
    void papers_are_those_that_the_comment_on_the_class_names() {
        assertThat(SourcePapers.papers("""
                /// One. Liu et al. 2022 (arXiv:2205.05638), section 3.3; in the form of Hyeon-Woo, Ye-Bin & Oh
                /// 2022 (FedPara, arXiv:2108.06098), and Liu et al. 2022 (arXiv:2205.05638) once more.
                """))
                .isEqualTo(
                        "Liu et al. 2022 (arXiv:2205.05638); Hyeon-Woo, Ye-Bin & Oh 2022 (FedPara, arXiv:2108.06098)");
        assertThat(SourcePapers.papers("/// Nobody's.")).isEmpty();
        assertThat(HERE.paper(Lora.class)).startsWith("Hu et al. 2021 (arXiv:2106.09685)");
    }

    @Test
    void a_row_links_to_the_file_in_its_module() {
        assertThat(HERE.row("kto", Kto.class))
                .isEqualTo("| kto | [Kto.java](../align/src/main/java/dev/gradine/align/Kto.java) |"
                        + " Ethayarajh et al. 2024 (arXiv:2402.01306); D'Oosterlinck et al. 2024 (arXiv:2408.06266) |");
    }

    @Test
    void a_class_of_a_package_alone_has_its_papers_too() {
        assertThat(HERE.paper(PairFormula.parse("ipo").getClass())).isEqualTo("Azar et al. 2023 (arXiv:2310.12036)");
    }

    @Test
    void without_the_sources_there_are_no_papers() {
        assertThat(new SourcePapers(Path.of("nowhere")).paper(Lora.class)).isEmpty();
    }
}
