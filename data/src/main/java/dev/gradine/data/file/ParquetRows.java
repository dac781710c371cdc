package dev.gradine.data.file;

import dev.gradine.data.DataException;
import dev.hardwood.HardwoodContext;
import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowGroupPredicate;
import dev.hardwood.reader.RowReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A Parquet file, read a group of rows after the other: a row is an object of its columns, as
/// [ParquetValue] says.
final class ParquetRows implements RowValues {

    private static final Logger LIBRARY = Logger.getLogger("dev.hardwood"); // held, or its level would be forgotten

    static {
        LIBRARY.setLevel(Level.WARNING); // it tells which SIMD it has found
        System.setProperty("hardwood.uselibdeflate", "false"); // the JDK's inflater, not what the machine has
    }

    private final List<ParquetCheck.Group> groups;
    private final HardwoodContext threads;
    private final ParquetFileReader file;
    private RowReader rows;
    private int group;
    private long left; // rows of the group
    private int row;
    private JsonNode value = JsonRows.JSON.nullNode();

    private ParquetRows(List<ParquetCheck.Group> groups, HardwoodContext threads, ParquetFileReader file) {
        this.groups = groups;
        this.threads = threads;
        this.file = file;
        rows = file.buildRowReader().filter(RowGroupPredicate.byteRange(0, 0)).build();
    }

    /// Opens a file.
    ///
    /// @throws DataException if it is damaged
    static ParquetRows open(Path path) throws IOException {
        List<ParquetCheck.Group> groups = ParquetCheck.groups(path);
        HardwoodContext threads = HardwoodContext.create(1);
        try {
            return new ParquetRows(groups, threads, ParquetFileReader.open(InputFile.of(path), threads));
        } catch (IOException | RuntimeException e) {
            threads.close();
            throw damaged(e);
        }
    }

    private static DataException damaged(Exception e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof OutOfMemoryError) {
                return new DataException("needs more memory than there is (GRADINE_JAVA_OPTS=-Xmx8g gives more)", e);
            }
        }
        return new DataException("cannot be read: it is damaged", e);
    }

    @Override
    public boolean next() {
        row++;
        try {
            while (left == 0) {
                if (group == groups.size()) return false;
                begin(groups.get(group++));
            }
            left--;
            if (!rows.hasNext()) throw new IllegalStateException("fewer rows than the footer says");
            rows.next();
            ObjectNode columns = JsonRows.JSON.createObjectNode();
            for (int i = 0; i < rows.getFieldCount(); i++) {
                columns.set(rows.getFieldName(i), ParquetValue.of(rows.getValue(i)));
            }
            value = columns;
            return true;
        } catch (RuntimeException e) {
            throw damaged(e);
        }
    }

    /// The library's reader holds rows by their number, however long they are; so it reads one group at
    /// a time.
    private void begin(ParquetCheck.Group g) {
        rows.close();
        left = g.rows();
        rows = file.buildRowReader()
                .filter(RowGroupPredicate.byteRange(g.begin(), g.end()))
                .build();
    }

    @Override
    public String where() {
        return "row " + row;
    }

    @Override
    public JsonNode value() {
        return value;
    }

    @Override
    public void close() throws IOException {
        rows.close();
        file.close();
        threads.close();
    }
}
