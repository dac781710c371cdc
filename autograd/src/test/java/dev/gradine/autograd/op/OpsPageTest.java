package dev.gradine.autograd.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// `docs/ops.md` is what the sources say.
class OpsPageTest {

    /// Set to true, the test writes the page instead of comparing it.
    private static final String WRITE = "gradine.ops.write";

    private static final String HOW =
            "docs/ops.md differs from the sources; write it anew with: mvn verify -pl autograd -am"
                    + " -Dtest=OpsPageTest -Dsurefire.failIfNoSpecifiedTests=false -D" + WRITE + "=true";

    @Test
    void the_page_is_what_the_sources_say() throws IOException {
        Path page = Golden.repository().resolve("docs/ops.md");
        String text = new OpsPage(Golden.repository()).text();
        if (Boolean.getBoolean(WRITE)) Files.writeString(page, text);
        assertThat(Files.exists(page) ? OpsPage.read(page) : "").as(HOW).isEqualTo(text);
    }

    @Test
    void every_op_has_its_line_and_its_formula() {
        String text = new OpsPage(Golden.repository()).text();
        assertThat(text)
                .contains("## RmsNorm\n\nRoot-mean-square normalisation over the last axis.\n\n```\ny  = x · r · w");
        assertThat(text)
                .contains("[LogProb](../tensor/src/main/java/dev/gradine/tensor/kernel/LogProbKernel.java)"
                        + " ([cpu](../tensor/src/main/java/dev/gradine/tensor/cpu/LogProbCpu.java))");
    }
}
