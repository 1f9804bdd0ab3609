"""First and last names of Western Europe and North America, commonest first (list order is rank)."""

# culture: (women's names, men's names, last names)
WESTERN = {
    "GB": (
        "Olivia Emily Margaret Sarah Susan Amelia Charlotte Jessica Emma Sophie Lucy Hannah Grace Chloe"
        " Elizabeth Victoria Rebecca Laura Alice Helen Karen Julie Amy Katherine Rachel Nicola Jane"
        " Patricia Christine Eleanor Isabella Ava Mia Freya Florence Poppy Ruby Ella Evie Daisy Rosie"
        " Matilda Phoebe Zoe Imogen Abigail Holly Georgia Molly Bethany Megan Natalie Samantha Joanne"
        " Deborah Gillian Judith Beverley Pamela Sandra Jacqueline Heather Lorraine Wendy Maureen Sheila"
        " Dorothy Frances Harriet Beatrice Philippa Rosalind Penelope Cecily Tabitha Verity Winifred"
        " Agnes Edith Muriel Fiona Catriona Morag Bronwen Siân Niamh Aoife Siobhán Priya Aisha Fatima"
        " Zainab Nadia Chiamaka Adaeze",
        "James John David Oliver Thomas William George Michael Jack Harry Robert Daniel Paul Matthew"
        " Andrew Joseph Christopher Samuel Charles Stephen Peter Mark Richard Benjamin Alexander Edward"
        " Joshua Henry Adam Luke Simon Anthony Philip Jonathan Nicholas Martin Kevin Gary Ian Alan Keith"
        " Graham Neil Stuart Colin Barry Trevor Derek Kenneth Ronald Roger Leonard Arthur Frederick"
        " Albert Alfred Ernest Harold Noah Leo Oscar Archie Theo Freddie Isaac Logan Ethan Jacob Max"
        " Toby Rory Callum Hamish Angus Alistair Gareth Rhys Dylan Owen Evan Ciarán Eoin Cormac Padraig"
        " Dominic Sebastian Rupert Hugo Barnaby Gregory Timothy Malcolm Nigel Clive Mohammed Imran Tariq"
        " Arjun Kwame Olumide",
        "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans"
        " Walker White Roberts Green Hall Thomas Clarke Jackson Wood Harris Edwards Turner Martin Cooper"
        " Hill Ward Hughes Moore Clark King Harrison Lewis Baker Lee Allen Morris Khan Scott Watson"
        " Davis Parker James Bennett Young Phillips Richardson Mitchell Bailey Carter Cook Singh Shaw"
        " Bell Collins Morgan Kelly Begum Miller Cox Hussain Marshall Simpson Price Anderson Adams"
        " Wilkinson Foster Ellis Murphy Chapman Mason Gray Richards Webb Griffiths Hunt Palmer Campbell"
        " Holmes Mills Rogers Barnes Knight Matthews Barker Powell Stevens Fletcher Butler Dixon"
        " O'Connor O'Brien MacDonald McKenzie Fraser Stewart Hamilton Graham Pearson Fisher Howard"
        " Andrews Elliott",
    ),
    "US": (
        "Mary Jennifer Linda Patricia Elizabeth Jessica Ashley Emily Sarah Samantha Amanda Brittany"
        " Madison Emma Olivia Hannah Abigail Isabella Alexis Kayla Lauren Megan Rachel Stephanie Nicole"
        " Michelle Kimberly Amy Angela Melissa Rebecca Laura Heather Amber Danielle Christina Maria"
        " Taylor Brianna Alyssa Sydney Morgan Destiny Jasmine Savannah Natalie Grace Chloe Victoria"
        " Sophia Avery Harper Evelyn Aubrey Addison Brooklyn Zoey Layla Riley Nora Hazel Violet Aurora"
        " Stella Lucy Paisley Skylar Bella Claire Caroline Kennedy Genesis Naomi Sadie Aaliyah Gabriella"
        " Guadalupe Rosa Carmen Lupe Ximena Valentina Camila Mei Ling Thuy Soo-Jin Deborah Barbara"
        " Sharon Cynthia Kathleen Donna Carol Ruth Janet Diane Virginia Judy Theresa Beverly Denise",
        "James Michael Robert John David William Richard Joseph Thomas Christopher Daniel Matthew"
        " Anthony Joshua Andrew Kevin Brian Jacob Tyler Brandon Justin Ryan Nicholas Jonathan Zachary"
        " Austin Christian Ethan Dylan Cody Jordan Aaron Kyle Benjamin Samuel Nathan Logan Mason Aiden"
        " Jayden Noah Liam Elijah Lucas Caleb Hunter Jack Luke Isaac Gavin Connor Owen Wyatt Carter Levi"
        " Dominic Chase Cole Brody Hudson Parker Colton Easton Xavier Jose Juan Luis Carlos Jesús Miguel"
        " Ángel Diego Alejandro Wei Minh Raj Jamal DeShawn Tyrone Marcus Terrence Larry Gary Jerry"
        " Dennis Scott Gregory Raymond Frank Patrick Douglas Peter Henry Carl Arthur Roger Lawrence"
        " Walter Harold Eugene Russell Louis Philip Randy Howard Vincent Clarence Ernest Bradley Travis",
        "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez"
        " Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris"
        " Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill"
        " Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips"
        " Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers"
        " Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson"
        " Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo"
        " Sanders Patel Myers Long Ross Foster Jiménez Muñoz Kowalski Schwartz O'Neill Washington"
        " Jefferson Freeman",
    ),
    "FR": (
        "Marie Nathalie Isabelle Sylvie Catherine Françoise Martine Valérie Christine Monique Sandrine"
        " Sophie Véronique Céline Chantal Stéphanie Julie Aurélie Émilie Laura Camille Léa Manon Chloé"
        " Emma Inès Jade Louise Alice Lina Juliette Charlotte Clara Sarah Lucie Mathilde Pauline Marine"
        " Anaïs Océane Justine Mélanie Élodie Laetitia Virginie Caroline Delphine Hélène Patricia"
        " Brigitte Nicole Jacqueline Jeannine Denise Odette Simone Yvette Geneviève Bernadette Éliane"
        " Josiane Dominique Corinne Muriel Florence Agnès Béatrice Claire Élise Margaux Agathe Apolline"
        " Capucine Clémence Constance Diane Eugénie Fleur Garance Héloïse Joséphine Léonie Maëlle Noémie"
        " Ophélie Romane Salomé Solène Thaïs Victoire Zoé Fatoumata Aïcha Khadija Yasmine Nour",
        "Jean Philippe Michel Alain Patrick Nicolas Christophe Pierre Christian Éric Frédéric Laurent"
        " Stéphane David Pascal Daniel Thierry Olivier François Sébastien Julien Thomas Alexandre Maxime"
        " Antoine Lucas Hugo Louis Gabriel Raphaël Arthur Jules Adam Léo Nathan Ethan Mathis Théo Enzo"
        " Clément Quentin Romain Guillaume Benjamin Jérôme Mickaël Anthony Kévin Jérémy Fabien Ludovic"
        " Cédric Franck Gilles Bruno Didier Serge Yves Marc Denis Hervé Jacques Bernard Gérard André"
        " Claude Roger René Marcel Lucien Raymond Georges Henri Robert Maurice Fernand Émile Étienne"
        " Benoît Baptiste Bastien Corentin Damien Florian Grégoire Loïc Matthieu Noé Rémi Tristan"
        " Valentin Xavier Yann Mohamed Karim Mehdi Rachid Mamadou Ousmane",
        "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre"
        " Leroy Roux David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau"
        " Vincent Muller Lefèvre Faure André Mercier Blanc Guérin Boyer Garnier Chevalier François"
        " Legrand Gauthier Garcia Perrin Robin Clément Morin Nicolas Henry Roussel Mathieu Gautier"
        " Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard"
        " Giraud Joly Rivière Lucas Brunet Gaillard Barbier Arnaud Martinez Gérard Roche Renard Schmitt"
        " Roy Leroux Colin Vidal Caron Picard Roger Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier"
        " Philippe Bourgeois Pierre Benoît Rey Leclerc Payet Rolland Leclercq Guillaume Lecomte López"
        " Jean Dupuy Guillot Hubert Berger Carpentier Sánchez Dupuis Moulin Louis Deschamps Huet Vasseur"
        " Pérez Boucher Fleury Royer Klein Traoré",
    ),
    "DE": (
        "Ursula Anna Maria Monika Petra Elisabeth Sabine Renate Helga Karin Brigitte Ingrid Erika"
        " Andrea Gisela Claudia Susanne Gabriele Christa Christine Hildegard Anja Birgit Nicole Stefanie"
        " Julia Katrin Martina Heike Angelika Barbara Melanie Sandra Katharina Kerstin Manuela Sonja"
        " Silke Ute Jana Laura Lena Lea Sarah Lisa Hannah Mia Emma Sophia Emilia Marie Charlotte Clara"
        " Johanna Paula Frieda Mathilda Greta Ida Leonie Amelie Nele Pia Franziska Theresa Antonia"
        " Viktoria Luisa Helene Jule Merle Ronja Svenja Annika Carolin Daniela Doris Edith Eva Gertrud"
        " Heidi Ilse Irmgard Jutta Käthe Lieselotte Margarete Rosemarie Waltraud Ayşe Elif Zeynep"
        " Jürgena",
        "Peter Michael Thomas Andreas Wolfgang Klaus Jürgen Günter Stefan Christian Uwe Werner Horst"
        " Frank Dieter Manfred Bernd Hans Joachim Matthias Martin Alexander Daniel Jan Markus Sebastian"
        " Tobias Florian Lukas Leon Finn Jonas Paul Elias Ben Felix Maximilian Noah Luca Julian Tim"
        " Moritz Niklas Jakob Philipp David Simon Fabian Dominik Kevin Dennis Marcel Patrick Sven"
        " Torsten Dirk Ralf Jörg Holger Heiko Karsten Olaf Rainer Rolf Gerhard Heinz Helmut Herbert Karl"
        " Walter Kurt Ernst Friedrich Wilhelm Otto Hermann Heinrich Erich Rudolf Siegfried Gottfried"
        " Konrad Anton Benedikt Emil Henri Oskar Theo Till Jannik Lennart Malte Hannes Björn Götz Mehmet"
        " Mustafa Ali Emre Goran Krzysztof",
        "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer"
        " Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange"
        " Schmitt Werner Schmitz Krause Meier Lehmann Schmid Schulze Maier Köhler Herrmann König Walter"
        " Mayer Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn Schubert Vogel Friedrich"
        " Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann Franke Albrecht Schuster Simon"
        " Ludwig Böhm Winter Kraus Martin Schumacher Krämer Vogt Stein Jäger Otto Sommer Groß Seidel"
        " Heinrich Brandt Haas Schreiber Graf Schulte Dietrich Ziegler Kuhn Kühn Pohl Engel Horn Busch"
        " Bergmann Thomas Voigt Sauer Arnold Wolff Pfeiffer Yılmaz Öztürk Nowak Kowalczyk Petrović"
        " Bäcker Göbel",
    ),
}
