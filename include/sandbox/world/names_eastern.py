"""First and last names of the rest of the world, commonest first. Cyrillic where people write so."""

# culture: (women's names, men's names, last names; for RU the masculine form)
EASTERN = {
    "RU": (
        "Елена Татьяна Наталья Ольга Ирина Анна Светлана Мария Людмила Екатерина Галина Анастасия Юлия"
        " Надежда Валентина Марина Любовь Александра Нина Вера Дарья Алина Ксения Виктория Лариса Тамара"
        " Полина Евгения Раиса Зинаида Валерия Алёна Кристина Оксана Яна Диана Маргарита Антонина Жанна"
        " Инна Алла Софья Арина Василиса Варвара Ульяна Милана Эльвира Гульнара Айгерим Айгуль Динара"
        " Жанар Сауле Мадина Асель Камила Аружан Томирис Зарина Лилия Регина Снежана Таисия Злата"
        " Пелагея Фаина Эмма Майя",
        "Александр Сергей Владимир Андрей Алексей Дмитрий Николай Иван Михаил Евгений Виктор Юрий"
        " Анатолий Игорь Максим Павел Олег Роман Денис Артём Илья Кирилл Никита Константин Антон"
        " Вячеслав Валерий Василий Виталий Борис Григорий Леонид Станислав Вадим Руслан Тимур Ринат Егор"
        " Данила Матвей Тимофей Степан Фёдор Пётр Георгий Геннадий Эдуард Глеб Семён Ярослав Захар Марк"
        " Лев Арсений Богдан Нурлан Ерлан Айдар Бекзат Арман Данияр Санжар Алихан Ержан Мурат Азамат"
        " Серик Талгат Рустам Шамиль Эльдар Яков Иосиф Прохор Савелий",
        "Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков"
        " Алексеев Лебедев Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров Никитин"
        " Захаров Зайцев Соловьёв Борисов Яковлев Григорьев Романов Воробьёв Сергеев Кузьмин Фролов"
        " Александров Дмитриев Королёв Гусев Киселёв Ильин Максимов Поляков Сорокин Виноградов Ковалёв"
        " Белов Медведев Антонов Тарасов Жуков Баранов Филиппов Комаров Давыдов Беляев Герасимов"
        " Богданов Осипов Сидоров Матвеев Титов Марков Миронов Крылов Куликов Карпов Власов Мельников"
        " Денисов Гаврилов Тихонов Казаков Афанасьев Данилов Савельев Тимофеев Фомин Чернов Абрамов"
        " Мартынов Ефимов Федотов Щербаков Назаров Калинин Исаев Чернышёв Быков Маслов Родионов"
        " Коновалов Лазарев Нурланов Ахметов Омаров Сулейменов Искаков Абдрахманов Оспанов Жумабаев"
        " Касымов Ибраев",
    ),
    "IT": (
        "Maria Anna Giuseppina Rosa Angela Giovanna Teresa Lucia Carmela Caterina Francesca Giulia Sara"
        " Chiara Aurora Martina Alessia Federica Elisa Valentina Silvia Paola Laura Elena Simona"
        " Beatrice Ludovica",
        "Giuseppe Antonio Giovanni Francesco Mario Luigi Andrea Marco Lorenzo Alessandro Matteo Luca"
        " Davide Stefano Roberto Paolo Riccardo Federico Gabriele Simone Niccolò Tommaso Edoardo"
        " Salvatore Vincenzo",
        "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti"
        " De-Luca Costa Giordano Mancini Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi"
        " Caruso Ferrara Galli",
    ),
    "ES": (
        "María Carmen Ana Isabel Laura Cristina Marta Lucía Elena Paula Sara Raquel Pilar Teresa Rosa"
        " Beatriz Andrea Silvia Patricia Mónica Inés Nuria Julia Irene Alba Noelia Joana Catarina",
        "Antonio José Manuel Francisco David Juan Javier Daniel Carlos Miguel Alejandro Rafael Pedro"
        " Pablo Ángel Sergio Fernando Jorge Luis Alberto Álvaro Diego Adrián Raúl Iván Rubén João Tiago",
        "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz"
        " Hernández Díaz Moreno Álvarez Muñoz Romero Alonso Gutiérrez Navarro Torres Domínguez Silva"
        " Santos Ferreira Pereira Oliveira",
    ),
    "PL": (
        "Anna Maria Katarzyna Małgorzata Agnieszka Barbara Ewa Krystyna Elżbieta Magdalena Zofia Joanna"
        " Aleksandra Monika Julia Hanna Natalia Karolina Wiktoria Łucja Lenka Jana Eglė",
        "Piotr Krzysztof Andrzej Tomasz Jan Paweł Michał Marcin Jakub Adam Łukasz Marek Grzegorz"
        " Mateusz Wojciech Zbigniew Jerzy Kamil Szymon Stanisław Jiří Tomáš Jonas",
        "Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak"
        " Dąbrowski Kozłowski Mazur Jankowski Kwiatkowski Krawczyk Piotrowski Grabowski Pawłowski"
        " Michalski Novák Svoboda",
    ),
    "TR": (
        "Fatma Ayşe Emine Hatice Zeynep Elif Meryem Şerife Zehra Sultan Hanife Merve Büşra Esra Özlem"
        " Gül Leyla Yasemin",
        "Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim İsmail Osman Yusuf Murat Ömer Ramazan Halil"
        " Emre Burak Can Omar",
        "Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan"
        " Çetin Kara Koç Kurt Özkan Şimşek Haddad Cohen Mizrahi",
    ),
    "IN": (
        "Priya Anjali Sunita Pooja Kavita Neha Anita Lakshmi Divya Meera Radha Shreya Ananya Sneha"
        " Aishwarya Nisha",
        "Rahul Amit Sanjay Rajesh Vijay Arjun Rohan Suresh Anil Ravi Krishna Aditya Vikram Karthik"
        " Manoj Deepak",
        "Kumar Singh Sharma Patel Gupta Reddy Verma Das Nair Iyer Mehta Shah Joshi Rao Mishra Chopra"
        " Malhotra Bose",
    ),
    "JP": (
        "Yuki Haruka Sakura Yui Aoi Hina Misaki Akiko Keiko Yoko Naomi Emi Rina Mai Kaori Ayumi",
        "Haruto Yuto Sota Kenji Takashi Hiroshi Daiki Ren Kaito Makoto Satoshi Shinji Akira Yusuke"
        " Kazuki Naoki",
        "Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada"
        " Sasaki Matsumoto Wong",
    ),
    "NO": (
        "Anna Eva Maria Karin Kristina Lena Ingrid Astrid Linnéa Elsa Maja Sofie Freja Åse Sigrid"
        " Kaarina Aino Johanna",
        "Lars Erik Anders Johan Per Nils Mikael Karl Olof Jens Søren Bjørn Håkon Magnus Jón Juhani"
        " Matti Pieter Jan",
        "Andersson Johansson Karlsson Nilsson Hansen Olsen Larsen Jensen Nielsen Pedersen Korhonen"
        " Virtanen Jónsson Lindqvist Bergström Åkesson Sørensen de-Jong Jansen de-Vries van-den-Berg"
        " Bakker Peeters Janssens",
    ),
}

# short forms that people really use; any other name gets a shortened one
SHORT_FORMS = (
    "Elizabeth:Liz,Beth,Betty Katherine:Kate,Katie Margaret:Maggie,Peggy Susan:Sue Patricia:Pat,Trish"
    " Rebecca:Becky Victoria:Vicky Jennifer:Jen,Jenny Jessica:Jess Samantha:Sam Christine:Chris,Tina"
    " Deborah:Debbie,Deb Sarah:Sally James:Jim,Jimmy,Jamie John:Jack,Johnny Robert:Bob,Rob,Bobby"
    " William:Bill,Will,Billy Richard:Dick,Rick,Rich Thomas:Tom,Tommy Michael:Mike,Mick"
    " David:Dave,Davy Charles:Charlie,Chuck Christopher:Chris Anthony:Tony Edward:Ed,Ted,Eddie"
    " Joseph:Joe,Joey Daniel:Dan,Danny Matthew:Matt Andrew:Andy,Drew Benjamin:Ben Samuel:Sam"
    " Alexander:Alex,Sandy Nicholas:Nick Jonathan:Jon Timothy:Tim Stephen:Steve Kenneth:Ken Ronald:Ron"
    " Gregory:Greg Frederick:Fred Joshua:Josh Zachary:Zach Lawrence:Larry Isabelle:Isa"
    " Catherine:Cathy,Kate Stéphanie:Steph Nathalie:Nath Véronique:Véro Dominique:Dom Alexandre:Alex"
    " Frédéric:Fred Sébastien:Seb Christophe:Chris Philippe:Phil Maximilian:Max Sebastian:Basti"
    " Michaela:Micha Katharina:Kathi Elisabeth:Lisbeth,Sissi Johanna:Hanna Wolfgang:Wolf Joachim:Achim"
    " Friedrich:Fritz Wilhelm:Willi Heinrich:Heinz Hans:Hansi Александр:Саша,Шура Александра:Саша"
    " Сергей:Серёжа Владимир:Вова,Володя Дмитрий:Дима,Митя Алексей:Лёша Николай:Коля Иван:Ваня"
    " Михаил:Миша Евгений:Женя Евгения:Женя Виктор:Витя Юрий:Юра Анатолий:Толя Максим:Макс Павел:Паша"
    " Константин:Костя Елена:Лена Татьяна:Таня Наталья:Наташа Ольга:Оля Ирина:Ира Анна:Аня"
    " Светлана:Света Мария:Маша Людмила:Люда Екатерина:Катя Галина:Галя Анастасия:Настя Юлия:Юля"
    " Надежда:Надя Любовь:Люба Giuseppe:Beppe Francesco:Franco José:Pepe Francisco:Paco Manuel:Manolo"
    " Katarzyna:Kasia Małgorzata:Gosia"
)

# word parts from which rare last names are composed: (beginnings, endings)
RARE = {
    "GB": (
        "Ash Black Brook Burn Clay Cram Dun Eld Fair Gold Had Hart Hazel Holling Kirk Lang Mar Nor Oak"
        " Pem Rad Red Shel Stan Stock Thorn Wake Whit Win Wood",
        "bourne bridge brook bury by combe den field ford ham hurst ley low more shaw stead ton water"
        " well wick worth",
    ),
    "FR": (
        "Beau Bel Bois Bour Char Châte Cour Dela Fort Gran Haute Lan Mal Mari Mont Neuf Pré Ro Saint-"
        " Val Ville",
        "blanc champ court fort gny lier mont nay neuve pierre ray rac rière sart ville vert",
    ),
    "DE": (
        "Acker Alten Berg Birken Brunn Eich Eisen Feld Gold Grün Hinter Kirch Linden Mühl Nieder Ober"
        " Rosen Schön Stein Stern Tannen Unter Wald Weiß",
        "bach bauer baum berger brecht dorfer feld hauser heimer hofer mann meier müller schmidt stein"
        " thaler",
    ),
    "RU": (
        "Бел Верещаг Глад Гор Доброл Ерм Жел Загор Зим Кал Колес Крас Лом Мороз Остр Перв Пест Рогож"
        " Сав Скворц Тверд Углов Холод Черн Шуб Ягод",
        "аков анов евцев енко ин инов ков ников овский ский ухин ышев",
    ),
}
