package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever stands in an adapter, a template, rows or a YAML file, the answer comes in one line and soon.
class MutatedFilesTest {

    private static final int COUNT = 15_000;

    @Test
    void a_changed_file_is_read_or_refused_in_one_line_and_soon(@TempDir Path temp) throws IOException {
        List<MutatedFiles.Outcome> faults = new ArrayList<>();
        try (MutatedFiles files = new MutatedFiles(temp)) {
            for (long seed = 0; seed < COUNT; seed++) {
                MutatedFiles.Outcome o = files.run(seed);
                if (!o.fault().isEmpty()) faults.add(o);
            }
        }
        assertThat(faults).isEmpty();
    }
}
